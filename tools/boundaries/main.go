// Command boundaries checks which packages import each other, that the business
// rules do not mention URL paths of the API, and that no file is too long.
package main

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

func main() {
	root := flag.String("root", ".", "the root of the repository")
	flag.Parse()
	if err := run(os.DirFS(*root)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(fsys fs.FS) error {
	files, err := load(fsys)
	if err != nil {
		return err
	}
	problems := slices.Concat(checkRules(files), checkImports(files), checkPaths(files), checkLengths(files))
	for _, problem := range problems {
		fmt.Println(problem)
	}
	if len(problems) > 0 {
		return fmt.Errorf("%d problems; the rules are in tools/boundaries", len(problems))
	}
	return nil
}
