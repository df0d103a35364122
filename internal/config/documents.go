package config

import (
	"net/url"

	"github.com/mtfacturation/mtf/internal/filestore"
)

// The places where documents can be kept.
const (
	DirectoryDocuments = "directory"
	S3Documents        = "s3"
)

// Documents say where documents are kept when it is not a directory. Credentials are
// read by the SDK of S3 from where it always looks for them.
type Documents struct {
	Store     string `env:"MTF_DOCUMENTS_STORE" envDefault:"directory"`
	Bucket    string `env:"MTF_DOCUMENTS_S3_BUCKET"`
	Prefix    string `env:"MTF_DOCUMENTS_S3_PREFIX"`
	Endpoint  string `env:"MTF_DOCUMENTS_S3_ENDPOINT"`
	Region    string `env:"MTF_DOCUMENTS_S3_REGION"`
	PathStyle bool   `env:"MTF_DOCUMENTS_S3_PATH_STYLE"`
}

// S3 are the settings of the store of S3.
func (d Documents) S3() filestore.S3Settings {
	return filestore.S3Settings{Bucket: d.Bucket, Prefix: d.Prefix, Endpoint: d.Endpoint, Region: d.Region, PathStyle: d.PathStyle}
}

func (d Documents) withDefaults() Documents {
	if d.Store == "" {
		d.Store = DirectoryDocuments
	}
	return d
}

func (d Documents) problems(add func(format string, args ...any)) {
	switch d.Store {
	case DirectoryDocuments:
		if d.Bucket != "" {
			add("MTF_DOCUMENTS_S3_BUCKET is set, but MTF_DOCUMENTS_STORE is %q", d.Store)
		}
	case S3Documents:
		if d.Bucket == "" {
			add("MTF_DOCUMENTS_S3_BUCKET must be set when MTF_DOCUMENTS_STORE is %q", d.Store)
		}
	default:
		add("MTF_DOCUMENTS_STORE must be %q or %q", DirectoryDocuments, S3Documents)
	}
	if d.Endpoint != "" {
		endpoint, err := url.Parse(d.Endpoint)
		if err != nil || endpoint.Host == "" || endpoint.Scheme != "http" && endpoint.Scheme != "https" {
			add("MTF_DOCUMENTS_S3_ENDPOINT must be a URL with http or https")
		}
	}
}
