// The SDK of a package from its schema, as `pulumi package gen-sdk` makes it: gensdk SCHEMA.json python|nodejs FOLDER
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"os"
	"path/filepath"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

// The schema refers to no other package.
type noOther struct{}

var errOther = errors.New("the schema refers to another package")

func (noOther) LoadPackage(string, *semver.Version) (*schema.Package, error) { return nil, errOther }

func (noOther) LoadPackageV2(context.Context, *schema.PackageDescriptor) (*schema.Package, error) {
	return nil, errOther
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	var spec schema.PackageSpec
	must(0, json.Unmarshal(must(os.ReadFile(os.Args[1])), &spec))
	pkg, diagnostics, err := schema.BindSpec(spec, noOther{}, schema.ValidationOptions{})
	if err != nil || diagnostics.HasErrors() {
		log.Fatal(err, diagnostics)
	}
	var files map[string][]byte
	switch os.Args[2] {
	case "python":
		files = must(python.GeneratePackage("pulumi", pkg, nil, nil))
	case "nodejs":
		files = must(nodejs.GeneratePackage("pulumi", pkg, nil, nil, true, nil))
	default:
		log.Fatalf("no SDK for %s here", os.Args[2])
	}
	for name, content := range files {
		path := filepath.Join(os.Args[3], name)
		must(0, os.MkdirAll(filepath.Dir(path), 0o755))
		must(0, os.WriteFile(path, content, 0o644))
	}
}
