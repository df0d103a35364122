package db

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// Connections that Temporal's server opens at most by default: each of its four services has a pool
// of 20 for its store and one of 10 for visibility.
const temporalConnections = 4 * (20 + 10)

func TestTheComposeFileLeavesRoomToGrow(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../docker-compose.yml")
	require.NoError(t, err)
	var compose struct {
		Services map[string]struct {
			Command     any
			Environment map[string]string
		}
	}
	require.NoError(t, yaml.Unmarshal(content, &compose))
	command, _ := compose.Services["postgres"].Command.([]any)
	require.Len(t, command, 3)
	setting, found := strings.CutPrefix(command[2].(string), "max_connections=")
	require.True(t, found, "%v", command)
	allowed, err := strconv.Atoi(setting)
	require.NoError(t, err)
	// Two APIs and two workers, as scaling out begins, and what operators run beside them.
	require.GreaterOrEqual(t, allowed, temporalConnections+5*defaultMaxConnections)

	// Its own 4 cannot be changed once it has started.
	require.Equal(t, "512", compose.Services["temporal"].Environment["NUM_HISTORY_SHARDS"])
}
