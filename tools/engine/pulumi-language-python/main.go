// pulumi-language-python is the language host by which the Pulumi engine runs Python programs and
// Python policy packs. It owns the start of those processes and nothing else: it generates no code
// and computes no plugin requirements, since every plugin that is used here is installed beforehand.
//
// It runs `pulumi-language-python-exec`, the SDK's own start script, from the directory that it lies in.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/logging"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// engineCheckInterval bounds how long the host outlives an engine that was killed.
const engineCheckInterval = 2 * time.Second

func main() {
	// `-logtostderr` and `-v` are registered by the SDK's logging package; a second registration panics.
	tracing := flag.String("tracing", "", "tracing endpoint, handed to the program")
	flag.Parse()
	logging.InitLogging(false, 0, false)
	if err := serve(flag.Arg(0), *tracing); err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-language-python: %v\n", err)
		os.Exit(1)
	}
}

// serve prints the port that it listens on, as the engine expects, and returns when the engine is gone.
func serve(engine, tracing string) error {
	if engine == "" {
		return errors.New("the engine's address is missing; this program is started by pulumi, not by hand")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := rpcutil.Healthcheck(ctx, engine, engineCheckInterval, stop); err != nil {
		return fmt.Errorf("watch the engine at %s: %w", engine, err)
	}
	cancel := make(chan bool)
	go func() {
		<-ctx.Done()
		close(cancel)
	}()
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, &host{engine: engine, tracing: tracing})
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port)
	return <-handle.Done
}
