// A server with the health service of gRPC, for the tests of the kind grpc.
//
// It knows the services "" and shop (SERVING), down (NOT_SERVING) and lost (SERVICE_UNKNOWN). Asked for status.N, it answers
// with the code N and a message that repeats the metadata `authorization` and holds characters that need escaping. Its port
// is in FOLDER/port.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	pb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

var token = flag.String("token", "", "the metadata `authorization` that is required")

func main() {
	cert := flag.String("cert", "", "PEM")
	key := flag.String("key", "", "PEM")
	clientCA := flag.String("client-ca", "", "PEM")
	noHealth := flag.Bool("no-health", false, "without the health service")
	flag.Parse()
	var options []grpc.ServerOption
	if *cert != "" {
		pair, err := tls.LoadX509KeyPair(*cert, *key)
		must(err)
		config := &tls.Config{Certificates: []tls.Certificate{pair}}
		if *clientCA != "" {
			pem, err := os.ReadFile(*clientCA)
			must(err)
			config.ClientCAs = x509.NewCertPool()
			config.ClientCAs.AppendCertsFromPEM(pem)
			config.ClientAuth = tls.RequireAndVerifyClientCert
		}
		options = append(options, grpc.Creds(credentials.NewTLS(config)))
	}
	server := grpc.NewServer(append(options, grpc.UnaryInterceptor(intercept))...)
	if !*noHealth {
		state := health.NewServer()
		state.SetServingStatus("shop", pb.HealthCheckResponse_SERVING)
		state.SetServingStatus("down", pb.HealthCheckResponse_NOT_SERVING)
		state.SetServingStatus("lost", pb.HealthCheckResponse_SERVICE_UNKNOWN)
		pb.RegisterHealthServer(server, state)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	folder := flag.Arg(0)
	port := strconv.Itoa(listener.Addr().(*net.TCPAddr).Port)
	must(os.WriteFile(filepath.Join(folder, "port.new"), []byte(port), 0o600))
	must(os.Rename(filepath.Join(folder, "port.new"), filepath.Join(folder, "port")))
	must(server.Serve(listener))
}

func intercept(ctx context.Context, request any, _ *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	sent, _ := metadata.FromIncomingContext(ctx)
	said := strings.Join(sent.Get("authorization"), ",")
	fmt.Println(sent.Get("user-agent"), sent.Get(":authority"), sent.Get("x-key"))
	if *token != "" && said != *token {
		return nil, status.Errorf(codes.Unauthenticated, "the token %q is not valid", said)
	}
	service := request.(*pb.HealthCheckRequest).Service
	if number, found := strings.CutPrefix(service, "status."); found {
		code, err := strconv.Atoi(number)
		must(err)
		return nil, status.Errorf(codes.Code(code), "refused: 100%% of ünits\n%s", said)
	}
	return next(ctx, request)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
