package app

import (
	"context"

	"github.com/mtfacturation/mtf/internal/config"
	"github.com/mtfacturation/mtf/internal/document"
)

// openStore returns the store that the settings name.
func openStore(ctx context.Context, settings config.Config) (document.Store, error) {
	if settings.Documents.Store == config.S3Documents {
		return document.NewS3Store(ctx, settings.Documents.S3())
	}
	return document.NewDirectoryStore(settings.DocumentsDirectory)
}
