package filestore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// S3Settings configure where an S3Store keeps its documents. A region or credentials
// that are not set here come from the SDK's default chain, AWS_* variables first.
type S3Settings struct {
	Bucket string // required; it must exist
	Prefix string // goes before every key, followed by a slash; empty for none
	// Endpoint is the URL of a server other than Amazon's.
	Endpoint string
	Region   string
	// PathStyle addresses the bucket in the path and not in the host name.
	PathStyle bool
}

// S3Store keeps each document in an object of an S3-compatible server. An object
// appears whole or not at all.
type S3Store struct {
	client *s3.Client
	bucket string
	prefix string
}

var _ Store = (*S3Store)(nil)

// s3Connections serves the documents that all processors and callers handle at once;
// the SDK's own ten kept connections for a host would be opened and closed all the time.
const s3Connections = 256

// NewS3Store returns the store of a bucket. It fails when settings are missing or
// the bucket cannot be reached with the credentials that are there.
func NewS3Store(ctx context.Context, settings S3Settings) (*S3Store, error) {
	if settings.Bucket == "" {
		return nil, errors.New("document: the store's bucket is not set")
	}
	prefix := ""
	if settings.Prefix != "" {
		if err := validateKey(settings.Prefix); err != nil {
			return nil, fmt.Errorf("document: the store's prefix: %w", err)
		}
		prefix = settings.Prefix + "/"
	}
	options := []func(*awsconfig.LoadOptions) error{
		awsconfig.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConns, t.MaxIdleConnsPerHost = s3Connections, s3Connections
		})),
	}
	if settings.Region != "" {
		options = append(options, awsconfig.WithRegion(settings.Region))
	}
	loaded, err := awsconfig.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("document: S3 settings: %w", err)
	}
	client := s3.NewFromConfig(loaded, func(o *s3.Options) {
		o.UsePathStyle = settings.PathStyle
		if settings.Endpoint != "" {
			o.BaseEndpoint = aws.String(settings.Endpoint)
			// Not every server knows the checksums that the SDK adds of itself; the
			// register has the document's SHA-256.
			o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
			o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		}
	})
	if _, err := client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &settings.Bucket}); err != nil {
		return nil, fmt.Errorf("document: bucket %s: %w", settings.Bucket, err)
	}
	return &S3Store{client: client, bucket: settings.Bucket, prefix: prefix}, nil
}

// Put implements Store.
func (s *S3Store) Put(ctx context.Context, key string, content []byte) error {
	name, err := s.name(key)
	if err != nil {
		return err
	}
	_, err = s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &s.bucket, Key: name, Body: bytes.NewReader(content), ContentLength: aws.Int64(int64(len(content))),
		ContentType: aws.String("application/pdf"),
	})
	if err != nil {
		return fmt.Errorf("document: put: %w", err)
	}
	return nil
}

// Get implements Store.
func (s *S3Store) Get(ctx context.Context, key string) ([]byte, error) {
	name, err := s.name(key)
	if err != nil {
		return nil, err
	}
	object, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.bucket, Key: name})
	if _, missing := errors.AsType[*types.NoSuchKey](err); missing {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, key)
	}
	if err != nil {
		return nil, fmt.Errorf("document: get: %w", err)
	}
	defer func() { _ = object.Body.Close() }()
	content, err := io.ReadAll(object.Body)
	if err != nil {
		return nil, fmt.Errorf("document: get: %w", err)
	}
	return content, nil
}

// Delete implements Store.
func (s *S3Store) Delete(ctx context.Context, key string) error {
	name, err := s.name(key)
	if err != nil {
		return err
	}
	if _, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.bucket, Key: name}); err != nil {
		return fmt.Errorf("document: delete: %w", err)
	}
	return nil
}

// Keys implements Store. Objects that no key can name are passed over.
func (s *S3Store) Keys(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		pages := s3.NewListObjectsV2Paginator(s.client, &s3.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &s.prefix})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield("", fmt.Errorf("document: list: %w", err))
				return
			}
			for _, object := range page.Contents {
				key := strings.TrimPrefix(aws.ToString(object.Key), s.prefix)
				if validateKey(key) == nil && !yield(key, nil) {
					return
				}
			}
		}
	}
}

func (s *S3Store) name(key string) (*string, error) {
	if err := validateKey(key); err != nil {
		return nil, err
	}
	return aws.String(s.prefix + key), nil
}
