package temporal

import (
	"time"

	"github.com/jackc/pgx/v5"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	"go.temporal.io/server/common/primitives"

	"github.com/mtfacturation/mtf/cmd/dev/port"
)

const (
	// clusterName and historyShards are written to the database at the first start and cannot change after it.
	clusterName   = "active"
	historyShards = 4

	// Each of the four services has its own pools, so at most 4 x (20 + 5) = 100 connections are used.
	storeConnections      = 20
	visibilityConnections = 5

	mainStore       = "main"
	visibilityStore = "visibility"
)

// configuration describes a server whose four services run in this process on ports of the loopback address. It returns
// the services' addresses as well: with them fixed, no service has to discover the others, and rows that a killed server
// left in the membership table cannot delay a start.
func configuration(options Config) (*config.Config, map[primitives.ServiceName]static.Hosts, error) {
	main, err := store(options.DatabaseURL, storeConnections)
	if err != nil {
		return nil, nil, err
	}
	visibility, err := store(options.VisibilityDatabaseURL, visibilityConnections)
	if err != nil {
		return nil, nil, err
	}
	conf := &config.Config{
		Persistence: config.Persistence{
			DefaultStore:     mainStore,
			VisibilityStore:  visibilityStore,
			NumHistoryShards: historyShards,
			DataStores:       map[string]config.DataStore{mainStore: {SQL: main}, visibilityStore: {SQL: visibility}},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10,
			MasterClusterName:        clusterName,
			CurrentClusterName:       clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{clusterName: {
				Enabled:                true,
				InitialFailoverVersion: 1,
				RPCAddress:             port.Address(options.Port),
			}},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services:            make(map[string]config.Service),
		PublicClient:        config.PublicClient{HostPort: port.Address(options.Port)},
	}
	conf.Global.Membership.BroadcastAddress = port.Loopback
	conf.Archival.History.State = "disabled"
	conf.Archival.Visibility.State = "disabled"
	conf.NamespaceDefaults.Archival.History.State = "disabled"
	conf.NamespaceDefaults.Archival.Visibility.State = "disabled"

	hosts := make(map[primitives.ServiceName]static.Hosts)
	for _, service := range []primitives.ServiceName{
		primitives.FrontendService, primitives.HistoryService, primitives.MatchingService, primitives.WorkerService,
	} {
		number := options.Port
		if service != primitives.FrontendService {
			if number, err = port.Free(); err != nil {
				return nil, nil, err
			}
		}
		conf.Services[string(service)] = config.Service{RPC: config.RPC{GRPCPort: number, BindOnIP: port.Loopback}}
		hosts[service] = static.SingleLocalHost(port.Address(number))
	}
	return conf, hosts, nil
}

// store describes the pool of connections to one database.
func store(databaseURL string, connections int) (*config.SQL, error) {
	parsed, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, err
	}
	return &config.SQL{
		PluginName:      postgresql.PluginNamePGX,
		ConnectProtocol: "tcp",
		ConnectAddr:     joinHostPort(parsed.Host, parsed.Port),
		DatabaseName:    parsed.Database,
		User:            parsed.User,
		Password:        parsed.Password,
		MaxConns:        connections,
		MaxIdleConns:    connections,
		MaxConnLifetime: time.Hour,
	}, nil
}
