// Dapr's sidecar with the few components that the tests need; scripts/install-test-tools builds it inside the module of Dapr.
package main

import (
	"github.com/dapr/dapr/cmd/daprd/app"
	"github.com/dapr/kit/logger"

	pubsubInMemory "github.com/dapr/components-contrib/pubsub/in-memory"
	stateInMemory "github.com/dapr/components-contrib/state/in-memory"
	stateRedis "github.com/dapr/components-contrib/state/redis"
	pubsubLoader "github.com/dapr/dapr/pkg/components/pubsub"
	stateLoader "github.com/dapr/dapr/pkg/components/state"
)

func main() {
	log := logger.NewLogger("dapr.contrib")
	stateLoader.DefaultRegistry.Logger = log
	pubsubLoader.DefaultRegistry.Logger = log
	stateLoader.DefaultRegistry.RegisterComponent(stateInMemory.NewInMemoryStateStore, "in-memory")
	stateLoader.DefaultRegistry.RegisterComponent(stateRedis.NewRedisStateStore, "redis")
	pubsubLoader.DefaultRegistry.RegisterComponent(pubsubInMemory.New, "in-memory")
	app.Run()
}
