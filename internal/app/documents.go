package app

import (
	"context"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/filestore"
)

// openStore returns the store that the settings name.
func openStore(ctx context.Context, settings config.Config) (filestore.Store, error) {
	if settings.Documents.Store == config.S3Documents {
		return filestore.NewS3Store(ctx, settings.Documents.S3())
	}
	return filestore.NewDirectoryStore(settings.DocumentsDirectory)
}
