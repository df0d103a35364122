package postgres

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the operating system's user that initdb and postgres run as. Both refuse to run as root.
type account struct {
	// attributes returns the process attributes that switch to the account; a new value each time.
	attributes func() *syscall.SysProcAttr
	// owner, when set, must own the files of the server.
	owner *syscall.Credential
}

// chooseAccount returns the account for the server whose files are in dir, which must exist.
//
// A user other than root runs the server itself. For root there are two ways. If the files belong to another user,
// that user runs the server. Otherwise, where the kernel allows it, the server runs in a user namespace that maps root to
// an ordinary user: the files stay root's, and the data directory may lie below directories that only root can enter.
// Where the kernel forbids that, the server runs as the user "postgres" or "nobody", who must be able to reach dir. The
// error is one sentence for the user.
func chooseAccount(ctx context.Context, binaries Binaries, dir string) (account, error) {
	if os.Geteuid() != 0 {
		return account{attributes: func() *syscall.SysProcAttr { return &syscall.SysProcAttr{} }}, nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return account{}, err
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && stat.Uid != 0 {
		return asUser(stat.Uid, stat.Gid), nil
	}
	var candidates []account
	if inNamespace, supported := namespaceAccount(); supported {
		candidates = append(candidates, inNamespace)
	}
	for _, name := range []string{"postgres", "nobody"} {
		if candidate, err := lookUp(name); err == nil {
			candidates = append(candidates, candidate)
		}
	}
	return firstThatWorks(ctx, binaries, dir, candidates)
}

// firstThatWorks returns the first of the accounts that can serve dir, and gives dir to it. When none can, dir goes back
// to root.
func firstThatWorks(ctx context.Context, binaries Binaries, dir string, candidates []account) (account, error) {
	for _, candidate := range candidates {
		if err := candidate.own(dir); err != nil {
			return account{}, err
		}
		if candidate.works(ctx, binaries, dir) {
			return candidate, nil
		}
	}
	if err := asUser(0, 0).own(dir); err != nil {
		return account{}, err
	}
	return account{}, fmt.Errorf("PostgreSQL does not run as root, and neither the user postgres nor the user nobody "+
		"can use both %s and %s: start mtf-dev as another user, or set MTF_DATA_DIR to a directory "+
		"whose parents every user can enter", binaries.Dir, dir)
}

// asUser is the account of a user of this system.
func asUser(uid, gid uint32) account {
	credential := &syscall.Credential{Uid: uid, Gid: gid}
	return account{
		attributes: func() *syscall.SysProcAttr { return &syscall.SysProcAttr{Credential: credential} },
		owner:      credential,
	}
}

func lookUp(name string) (account, error) {
	found, err := user.Lookup(name)
	if err != nil {
		return account{}, err
	}
	uid, err := strconv.ParseUint(found.Uid, 10, 32)
	if err != nil {
		return account{}, err
	}
	gid, err := strconv.ParseUint(found.Gid, 10, 32)
	if err != nil {
		return account{}, err
	}
	return asUser(uint32(uid), uint32(gid)), nil
}

// works reports whether the account can enter dir and run the programs.
func (a account) works(ctx context.Context, binaries Binaries, dir string) bool {
	cmd := exec.CommandContext(ctx, binaries.program("postgres"), "--version")
	cmd.Dir = dir
	cmd.SysProcAttr = a.attributes()
	return cmd.Run() == nil
}

// own gives the files in dir to the account's user where one is needed.
func (a account) own(dir string) error {
	if a.owner == nil {
		return nil
	}
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, int(a.owner.Uid), int(a.owner.Gid))
	})
}
