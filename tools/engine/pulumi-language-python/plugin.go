package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"sync"
	"time"

	sdk "github.com/pulumi/pulumi/sdk/v3"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// outputGrace is how long a stopped plugin's own children may keep its output open.
const outputGrace = 5 * time.Second

// RunPlugin runs a policy pack (kind "analyzer"), or else a folder with a `__main__.py`, until it ends
// or the engine cancels the call.
func (h *host) RunPlugin(req *pulumirpc.RunPluginRequest, server pulumirpc.LanguageRuntime_RunPluginServer) error {
	stream := &lockedStream{LanguageRuntime_RunPluginServer: server}
	closer, stdout, stderr, err := rpcutil.MakeRunPluginStreams(stream, false /*isTerminal*/)
	if err != nil {
		return err
	}
	defer closer.Close() //nolint:errcheck // without a terminal there is nothing to close
	run := runFolder
	if req.Kind == string(apitype.AnalyzerPlugin) {
		run = h.runPolicyPack
	}
	err = run(server.Context(), req, stdout, stderr)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return stream.Send(&pulumirpc.RunPluginResponse{
			Output: &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(exit.ExitCode())},
		})
	}
	return err
}

// runPolicyPack runs the SDK's `pulumi.policy` module on the pack. That module wants the stack's
// configuration in its environment, but the engine sends it by a call after the start: the SDK's
// PolicyProxy listens for that call first and then stands between the engine and the pack.
func (h *host) runPolicyPack(
	ctx context.Context, req *pulumirpc.RunPluginRequest, stdout, stderr io.Writer,
) error {
	proxy, packStdout, err := sdk.NewPolicyProxy(ctx, stdout)
	if err != nil {
		return err
	}
	stack, err := proxy.AwaitConfiguration(ctx)
	if err != nil {
		return err
	}
	environment, err := policyEnvironment(stack)
	if err != nil {
		return err
	}
	args := []string{"-u", "-m", "pulumi.policy", h.engine, req.Info.ProgramDirectory}
	cmd, err := pluginCommand(ctx, req, args, environment)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = packStdout, stderr
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start policy pack %s: %w", req.Info.ProgramDirectory, err)
	}
	return proxy.Attach(ctx, cmd)
}

func runFolder(ctx context.Context, req *pulumirpc.RunPluginRequest, stdout, stderr io.Writer) error {
	args := append([]string{"-u", req.Info.ProgramDirectory}, req.Args...)
	cmd, err := pluginCommand(ctx, req, args, nil)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd.Run()
}

// policyEnvironment says which stack is analyzed; nil where there is none (`pulumi policy publish`).
func policyEnvironment(stack *pulumirpc.AnalyzerStackConfigureRequest) ([]string, error) {
	if stack == nil {
		return nil, nil
	}
	config, err := configEnvironment(stack.Config, stack.ConfigSecretKeys)
	if err != nil {
		return nil, err
	}
	return append(config,
		"PULUMI_ORGANIZATION="+stack.Organization,
		"PULUMI_PROJECT="+stack.Project,
		"PULUMI_STACK="+stack.Stack,
		"PULUMI_DRY_RUN="+strconv.FormatBool(stack.DryRun),
	), nil
}

// pluginCommand makes the command with the engine's environment for it, the virtual environment
// activated in that, and then the additions.
func pluginCommand(
	ctx context.Context, req *pulumirpc.RunPluginRequest, args, additions []string,
) (*exec.Cmd, error) {
	tools, err := resolve(req.Info)
	if err != nil {
		return nil, err
	}
	if err := tools.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	cmd, err := tools.Command(ctx, args...)
	if err != nil {
		return nil, err
	}
	venv, err := tools.VirtualEnvPath(ctx)
	if err != nil {
		return nil, err
	}
	environment := req.Env
	if venv != "" {
		environment = toolchain.ActivateVirtualEnv(environment, venv)
	}
	cmd.Env = append(append([]string{}, environment...), additions...)
	cmd.Dir = req.Pwd
	cmd.WaitDelay = outputGrace
	return cmd, nil
}

// lockedStream lets a plugin's stdout and stderr, copied at the same time, share one gRPC stream, which
// allows only one Send at a time.
type lockedStream struct {
	pulumirpc.LanguageRuntime_RunPluginServer

	mutex sync.Mutex
}

func (s *lockedStream) Send(response *pulumirpc.RunPluginResponse) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.LanguageRuntime_RunPluginServer.Send(response)
}
