package filestore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// DirectoryStore keeps each document in a separate file below a root directory.
//
// Put writes to the final name. A temporary name and a rename would cost a third more,
// and leave orphaned files if the program is killed. A kill or a power cut may therefore
// leave a short file, also because files are not synced to disk. Readers detect it by
// the document's SHA-256, and the document is rendered from its rows and stored again.
// Storing the same content again changes no byte of the file at any time, so concurrent
// readers see the whole document.
type DirectoryStore struct {
	root string
	// made holds the directories known to exist, so that a document in a known
	// folder costs no look-up. With this package's keys they are some thousands.
	made sync.Map
}

var _ Store = (*DirectoryStore)(nil)

// NewDirectoryStore makes the root directory if needed and returns the store.
func NewDirectoryStore(root string) (*DirectoryStore, error) {
	if root == "" {
		return nil, errors.New("document: the store's directory is not set")
	}
	absolute, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("document: store directory: %w", err)
	}
	if err := os.MkdirAll(absolute, 0o750); err != nil {
		return nil, fmt.Errorf("document: store directory: %w", err)
	}
	return &DirectoryStore{root: absolute}, nil
}

// Put implements Store.
func (s *DirectoryStore) Put(ctx context.Context, key string, content []byte) error {
	path, err := s.path(ctx, key)
	if err != nil {
		return err
	}
	directory := filepath.Dir(path)
	if _, known := s.made.Load(directory); known {
		err := writeInPlace(path, content)
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		// The directory was removed: create it again.
	}
	if err := os.MkdirAll(directory, 0o750); err != nil {
		return fmt.Errorf("document: put: %w", err)
	}
	s.made.Store(directory, struct{}{})
	return writeInPlace(path, content)
}

// Get implements Store.
func (s *DirectoryStore) Get(ctx context.Context, key string) ([]byte, error) {
	path, err := s.path(ctx, key)
	if err != nil {
		return nil, err
	}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNotFound, key)
	}
	if err != nil {
		return nil, fmt.Errorf("document: get: %w", err)
	}
	return content, nil
}

// Delete implements Store.
func (s *DirectoryStore) Delete(ctx context.Context, key string) error {
	path, err := s.path(ctx, key)
	if err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("document: delete: %w", err)
	}
	return nil
}

// Keys implements Store. Files that no key can name are passed over.
func (s *DirectoryStore) Keys(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		err := filepath.WalkDir(s.root, func(path string, entry fs.DirEntry, err error) error {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return err
			}
			key := filepath.ToSlash(strings.TrimPrefix(path, s.root+string(filepath.Separator)))
			if !entry.Type().IsRegular() || validateKey(key) != nil {
				return nil
			}
			if !yield(key, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield("", fmt.Errorf("document: list: %w", err))
		}
	}
}

func (s *DirectoryStore) path(ctx context.Context, key string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if err := validateKey(key); err != nil {
		return "", err
	}
	return filepath.Join(s.root, filepath.FromSlash(key)), nil
}

// writeInPlace overwrites before it cuts off what is too long, so that a file with
// this content already has it throughout.
func writeInPlace(path string, content []byte) (err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o640)
	if err != nil {
		return fmt.Errorf("document: put: %w", err)
	}
	defer func() {
		if closeErr := file.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			err = fmt.Errorf("document: put: %w", err)
		}
	}()
	if _, err := file.Write(content); err != nil {
		return err
	}
	written, err := file.Stat()
	if err != nil || written.Size() == int64(len(content)) {
		return err
	}
	return file.Truncate(int64(len(content)))
}
