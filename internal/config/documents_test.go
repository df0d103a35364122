package config_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/filestore"
)

func TestDocumentsAreKeptInABucketWhenTold(t *testing.T) {
	setenv(t, nil)
	got, err := config.FromEnvironment()
	require.NoError(t, err)
	assert.Equal(t, config.DirectoryDocuments, got.Documents.Store)

	setenv(t, map[string]string{
		"MTF_DOCUMENTS_STORE": "s3", "MTF_DOCUMENTS_S3_BUCKET": "documents", "MTF_DOCUMENTS_S3_PREFIX": "mtf/live",
		"MTF_DOCUMENTS_S3_ENDPOINT": "http://127.0.0.1:9000", "MTF_DOCUMENTS_S3_REGION": "eu-west-3", "MTF_DOCUMENTS_S3_PATH_STYLE": "true",
	})
	got, err = config.FromEnvironment()
	require.NoError(t, err)
	assert.Equal(t, config.S3Documents, got.Documents.Store)
	assert.Equal(t, filestore.S3Settings{
		Bucket: "documents", Prefix: "mtf/live", Endpoint: "http://127.0.0.1:9000", Region: "eu-west-3", PathStyle: true,
	}, got.Documents.S3())
}

func TestAPlaceOfDocumentsThatCannotBeIsRefused(t *testing.T) {
	for _, c := range []struct {
		variables map[string]string
		refused   string
	}{
		{map[string]string{"MTF_DOCUMENTS_STORE": "directory"}, ""},
		{map[string]string{"MTF_DOCUMENTS_STORE": "s3", "MTF_DOCUMENTS_S3_BUCKET": "b"}, ""},
		{map[string]string{"MTF_DOCUMENTS_STORE": "tape"}, "MTF_DOCUMENTS_STORE"},
		{map[string]string{"MTF_DOCUMENTS_STORE": "s3"}, "MTF_DOCUMENTS_S3_BUCKET"},
		{map[string]string{"MTF_DOCUMENTS_S3_BUCKET": "b"}, "MTF_DOCUMENTS_STORE"},
		{map[string]string{"MTF_DOCUMENTS_STORE": "s3", "MTF_DOCUMENTS_S3_BUCKET": "b", "MTF_DOCUMENTS_S3_ENDPOINT": "127.0.0.1:9000"}, "MTF_DOCUMENTS_S3_ENDPOINT"},
		{map[string]string{"MTF_DOCUMENTS_STORE": "s3", "MTF_DOCUMENTS_S3_BUCKET": "b", "MTF_DOCUMENTS_S3_PATH_STYLE": "perhaps"}, "PathStyle"},
	} {
		setenv(t, c.variables)
		_, err := config.FromEnvironment()
		if c.refused == "" {
			assert.NoError(t, err, "%v", c.variables)
		} else {
			assert.ErrorContains(t, err, c.refused, "%v", c.variables)
		}
	}
}
