package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// exitAlreadyReported is the start script's exit code for "the error has been shown to the user".
const exitAlreadyReported = 32

// Run runs a Pulumi program to its end. A failure that the program has already shown makes a bail.
func (h *host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	tools, err := resolve(req.Info)
	if err != nil {
		return nil, err
	}
	if err := tools.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	script, err := startScript()
	if err != nil {
		return nil, err
	}
	cmd, err := tools.Command(ctx, append([]string{"-u", script}, h.scriptArguments(req)...)...)
	if err != nil {
		return nil, err
	}
	config, err := configEnvironment(req.Config, req.ConfigSecretKeys)
	if err != nil {
		return nil, err
	}
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, config...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr

	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case errors.As(err, &exit) && exit.ExitCode() == exitAlreadyReported:
		return &pulumirpc.RunResponse{Bail: true}, nil
	case errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("the Python program ended with %v", exit)}, nil
	default:
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
}

// startScript is the SDK's script, which lies beside this executable.
func startScript() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	return filepath.Join(filepath.Dir(self), "pulumi-language-python-exec"), nil
}

func (h *host) scriptArguments(req *pulumirpc.RunRequest) []string {
	flags := []struct{ name, value string }{
		{"monitor", req.MonitorAddress},
		{"engine", h.engine},
		{"project", req.Project},
		{"root_directory", req.Info.RootDirectory},
		{"stack", req.Stack},
		{"organization", req.Organization},
		{"pwd", req.Pwd},
		{"parallel", strconv.Itoa(int(req.Parallel))},
		{"dry_run", strconv.FormatBool(req.DryRun)},
		{"tracing", h.tracing},
	}
	var args []string
	for _, flag := range flags {
		if flag.value != "" {
			args = append(args, "--"+flag.name, flag.value)
		}
	}
	return append(append(args, req.Info.EntryPoint), req.Args...)
}

// configEnvironment makes the two variables in which the SDK looks for the stack's configuration. The
// SDK reads JSON's `null` as None and fails on it, so nothing becomes `{}` and `[]`.
func configEnvironment(config map[string]string, secretKeys []string) ([]string, error) {
	if config == nil {
		config = map[string]string{}
	}
	if secretKeys == nil {
		secretKeys = []string{}
	}
	values, err := json.Marshal(config)
	if err != nil {
		return nil, err
	}
	keys, err := json.Marshal(secretKeys)
	if err != nil {
		return nil, err
	}
	return []string{"PULUMI_CONFIG=" + string(values), "PULUMI_CONFIG_SECRET_KEYS=" + string(keys)}, nil
}
