// Generates the SDK of a package from its schema, like `pulumi package gen-sdk`.
//
// usage: gensdk SCHEMA.json python|nodejs FOLDER
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

// noPackages fails to load the packages that a schema refers to: the plugin's schema refers to none.
type noPackages struct{}

var errReference = errors.New("the schema refers to another package")

func (noPackages) LoadPackage(string, *semver.Version) (*schema.Package, error) {
	return nil, errReference
}

func (noPackages) LoadPackageV2(context.Context, *schema.PackageDescriptor) (*schema.Package, error) {
	return nil, errReference
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
	pkg, diagnostics, err := schema.BindSpec(spec, noPackages{}, schema.ValidationOptions{})
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
		log.Fatalf("no code generator for %s", os.Args[2])
	}
	for name, content := range files {
		path := filepath.Join(os.Args[3], name)
		must(0, os.MkdirAll(filepath.Dir(path), 0o755))
		must(0, os.WriteFile(path, content, 0o644))
	}
}
