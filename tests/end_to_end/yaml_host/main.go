// pulumi-language-yaml is the language host by which the Pulumi engine runs programs in YAML: Pulumi's
// own, as a module. It asks the engine for the packages' schemas, so that a package is started once, by
// the engine; the host's own start would hand the Python host flags that newer ones don't have.
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

	"github.com/pulumi/pulumi-yaml/pkg/server"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/logging"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// engineCheckInterval bounds how long the host outlives an engine that was killed.
const engineCheckInterval = 2 * time.Second

func main() {
	tracing := flag.String("tracing", "", "tracing endpoint, handed to the program")
	flag.String("root", "", "where the program lies; the engine says it again when it runs one")
	flag.Parse()
	logging.InitLogging(false, 0, false)
	if err := serve(flag.Arg(0), *tracing); err != nil {
		fmt.Fprintf(os.Stderr, "pulumi-language-yaml: %v\n", err)
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
		Init: func(listener *grpc.Server) error {
			host := server.NewLanguageHost(engine, tracing, true /*useRPCLoader*/)
			pulumirpc.RegisterLanguageRuntimeServer(listener, host)
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port)
	return <-handle.Done
}
