package main

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
	"google.golang.org/protobuf/types/known/emptypb"
)

// host answers the engine. What it doesn't implement (code generation, `pulumi about`'s dependency
// list) is answered with "unimplemented", which the engine reports by the method's name.
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	engine  string // address of the engine's gRPC server, host:port
	tracing string // tracing endpoint, or empty
}

func (h *host) Handshake(
	_ context.Context, req *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.engine = req.EngineAddress
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

// GetRequiredPackages names no package: plugins are installed beforehand, never fetched in a run.
func (h *host) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

// InstallDependencies leaves an existing virtual environment alone: the SDK's own installation would
// upgrade pip, setuptools and wheel in it every time, for which it needs the network.
func (h *host) InstallDependencies(
	req *pulumirpc.InstallDependenciesRequest, server pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	ctx := server.Context()
	tools, err := resolve(req.Info)
	if err != nil {
		return err
	}
	venv, err := tools.VirtualEnvPath(ctx)
	if err != nil {
		return err
	}
	if venv != "" && toolchain.IsVirtualEnv(venv) {
		return nil
	}
	closer, stdout, stderr, err := rpcutil.MakeInstallDependenciesStreams(server, req.IsTerminal)
	if err != nil {
		return err
	}
	err = tools.InstallDependencies(
		ctx, req.Info.ProgramDirectory, req.UseLanguageVersionTools, true /*showOutput*/, stdout, stderr)
	if closed := closer.Close(); err == nil {
		err = closed
	}
	return err
}

// resolve reads `runtime.options` of Pulumi.yaml, PulumiPolicy.yaml or PulumiPlugin.yaml: `toolchain`
// (pip, poetry or uv) and `virtualenv` (relative to the file). Another option is refused by name.
func resolve(info *pulumirpc.ProgramInfo) (toolchain.Toolchain, error) {
	options := toolchain.PythonOptions{Root: info.RootDirectory, ProgramDir: info.ProgramDirectory}
	for name, value := range info.Options.AsMap() {
		text, ok := value.(string)
		if !ok {
			return nil, fmt.Errorf("runtime option %q must be a string, not %v", name, value)
		}
		switch name {
		case "virtualenv":
			options.Virtualenv = text
		case "toolchain":
			switch text {
			case "pip":
				options.Toolchain = toolchain.Pip
			case "poetry":
				options.Toolchain = toolchain.Poetry
			case "uv":
				options.Toolchain = toolchain.Uv
			default:
				return nil, fmt.Errorf("runtime option toolchain is %q: use pip, poetry or uv", text)
			}
		default:
			return nil, fmt.Errorf("runtime option %q is unknown here: use toolchain or virtualenv", name)
		}
	}
	return toolchain.ResolveToolchain(options)
}
