//go:build tools

// Package main names the Pulumi CLI as a dependency, so that go.mod pins it and `go mod tidy` keeps it.
package main

import _ "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
