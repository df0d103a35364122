package telemetry_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/mtfacturation/mtf/workflows"
)

// deployed is the directory of the files for Prometheus and Grafana.
const deployed = "../../deploy"

// rules is a file of alert rules.
type rules struct {
	Groups []struct {
		Rules []struct {
			Alert       string
			Expr        string
			For         string
			Labels      map[string]string
			Annotations map[string]string
		}
	}
}

func readRules(t *testing.T) rules {
	t.Helper()
	var read rules
	readYAML(t, filepath.Join(deployed, "prometheus", "alerts.yml"), &read)
	require.NotEmpty(t, read.Groups)
	return read
}

// expressions returns the expressions of all alert rules and dashboards by their place.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, group := range readRules(t).Groups {
		for _, rule := range group.Rules {
			found["alert "+rule.Alert] = rule.Expr
		}
	}
	dashboards, err := filepath.Glob(filepath.Join(deployed, "grafana", "dashboards", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, dashboards)
	for _, path := range dashboards {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		var dashboard struct {
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
		}
		require.NoError(t, json.Unmarshal(content, &dashboard))
		require.NotEmpty(t, dashboard.Panels)
		for _, panel := range dashboard.Panels {
			for _, target := range panel.Targets {
				found[filepath.Base(path)+", "+panel.Title+": "+target.Expr] = target.Expr
			}
		}
	}
	return found
}

// job is what Prometheus scrapes.
type job struct {
	Name     string `yaml:"job_name"`
	Services []struct {
		Names []string
		Type  string
		Port  int
	} `yaml:"dns_sd_configs"`
}

func scrapeJob(t *testing.T) job {
	t.Helper()
	var read struct {
		Jobs []job `yaml:"scrape_configs"`
	}
	readYAML(t, filepath.Join(deployed, "prometheus", "prometheus.yml"), &read)
	require.Len(t, read.Jobs, 1)
	return read.Jobs[0]
}

func readYAML(t *testing.T, path string, target any) {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(content, target), path)
}

// A service of the compose file may have any number of containers, each of which is a target.
func TestPrometheusFindsEveryProcessOfTheComposeFile(t *testing.T) {
	t.Parallel()
	var compose struct {
		Services map[string]struct {
			Command     any
			Environment map[string]string
		}
	}
	readYAML(t, "../../docker-compose.yml", &compose)
	scraped := scrapeJob(t).Services
	require.Len(t, scraped, 1)
	require.Equal(t, "A", scraped[0].Type)
	var serving []string
	for name, service := range compose.Services {
		if command, isList := service.Command.([]any); isList && slices.Contains([]any{"serve", "api", "worker"}, command[0]) {
			serving = append(serving, name)
			require.Equal(t, fmt.Sprintf("0.0.0.0:%d", scraped[0].Port), service.Environment["MTF_METRICS_ADDR"])
		}
	}
	require.ElementsMatch(t, serving, scraped[0].Names)
}

var (
	// selector is a metric with its matchers, if it has any.
	selector = regexp.MustCompile(`\b((?:mtf|temporal|pgxpool|go|process)_[a-z0-9_]+|up)\b(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`([a-z_]+)\s*(=~|!~|!=|=)\s*"([^"]*)"`)
	grouping = regexp.MustCompile(`\b(?:by|on|without|ignoring|group_left|group_right)\s*\(([^)]*)\)`)
	words    = regexp.MustCompile(`\b[a-z_][a-z0-9_]*\b`)
	noise    = regexp.MustCompile(`\[[^]]*\]|"[^"]*"`)
)

// known are the words of the query language that the expressions use; any other word
// would be an unknown metric.
var known = []string{
	"and", "or", "on", "by", "sum", "max", "min", "rate", "increase", "histogram_quantile", "time", "absent", "day_of_month", "topk",
	"max_over_time",
}

// scrapeLabels are the labels that Prometheus adds.
var scrapeLabels = []string{"job", "instance", "le"}

// unseen are values of labels that a system has only once something goes wrong.
var unseen = []string{"5xx", "overloaded"}

// requireMonitoringNamesWhatExists checks every metric, label and value that a dashboard or an alert
// names against those of a system that has run. An alert on a name that nothing has would never fire.
func requireMonitoringNamesWhatExists(t *testing.T, told scraped) {
	t.Helper()
	for where, expression := range expressions(t) {
		labels, selectors := slices.Clone(scrapeLabels), selector.FindAllStringSubmatch(expression, -1)
		require.NotEmpty(t, selectors, where)
		for _, found := range selectors {
			if found[1] == "up" { // Prometheus's own, of each target.
				require.Equal(t, "job=\""+scrapeJob(t).Name+"\"", found[2], where)
				continue
			}
			family := told.family(found[1])
			require.NotNil(t, family, "%s: nothing has the metric %s", where, found[1])
			for _, condition := range matcher.FindAllStringSubmatch(found[2], -1) {
				values := valuesOf(family, condition[1])
				require.NotEmpty(t, values, "%s: %s has no label %s", where, found[1], condition[1])
				if condition[2] == "=" || condition[2] == "=~" {
					for _, value := range strings.Split(condition[3], "|") {
						require.Contains(t, append(values, unseen...), value, "%s: %s is never %s", where, condition[1], value)
					}
				}
			}
			for _, pair := range family.GetMetric()[0].GetLabel() {
				labels = append(labels, pair.GetName())
			}
		}
		for _, found := range grouping.FindAllStringSubmatch(expression, -1) {
			for _, label := range words.FindAllString(found[1], -1) {
				require.Contains(t, labels, label, "%s: none of the metrics has the label %s", where, label)
			}
		}
		rest := grouping.ReplaceAllString(selector.ReplaceAllString(noise.ReplaceAllString(expression, ""), ""), "")
		for _, word := range words.FindAllString(rest, -1) {
			require.Contains(t, known, word, "%s: %s is neither a metric nor a function", where, word)
		}
	}
}

// requireEveryQueueIsWatched checks that an alert fires for each task queue without workers, whether no
// process reports the queue or the processes that reported it have stopped.
func requireEveryQueueIsWatched(t *testing.T, told scraped) {
	t.Helper()
	watched := strings.Fields(expressions(t)["alert WorkersMissing"])
	queues := valuesOf(told.family("temporal_num_pollers"), "task_queue")
	slices.Sort(queues)
	queues = slices.Compact(queues)
	require.Contains(t, queues, workflows.InteractiveQueue)
	for _, queue := range queues {
		require.Contains(t, watched, `absent(temporal_num_pollers{task_queue="`+queue+`"})`)
	}
	stopped := regexp.MustCompile(`^\(max_over_time\(temporal_num_pollers\{task_queue=~"(.*)"}\[5m]\)\)$`)
	all := slices.IndexFunc(watched, stopped.MatchString)
	require.NotEqual(t, -1, all, "%v", watched)
	require.ElementsMatch(t, queues, strings.Split(stopped.FindStringSubmatch(watched[all])[1], "|"))
}

// family returns the metric of a name. For a histogram, the name may be the name of a part.
func (s scraped) family(name string) *dto.MetricFamily {
	if family := s[name]; family != nil {
		return family
	}
	for _, suffix := range []string{"_bucket", "_sum", "_count"} {
		if family := s[strings.TrimSuffix(name, suffix)]; family.GetType() == dto.MetricType_HISTOGRAM {
			return family
		}
	}
	return nil
}

func valuesOf(family *dto.MetricFamily, label string) []string {
	var values []string
	for _, metric := range family.GetMetric() {
		for _, pair := range metric.GetLabel() {
			if pair.GetName() == label {
				values = append(values, pair.GetValue())
			}
		}
	}
	return values
}

// An operator who is woken at night needs the steps to take: every alert links to an existing section.
func TestEveryAlertHasItsRunbook(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../docs/observability.md")
	require.NoError(t, err)
	anchors := map[string]bool{}
	for line := range strings.Lines(string(content)) {
		if title, heading := strings.CutPrefix(strings.TrimLeft(line, "#"), " "); heading && strings.HasPrefix(line, "#") {
			anchors[strings.ReplaceAll(strings.ToLower(strings.TrimSpace(title)), " ", "-")] = true
		}
	}
	for _, group := range readRules(t).Groups {
		for _, rule := range group.Rules {
			require.NotEmpty(t, rule.Alert)
			require.Contains(t, []string{"page", "ticket"}, rule.Labels["severity"], rule.Alert)
			require.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
			anchor, found := strings.CutPrefix(rule.Annotations["runbook"], "docs/observability.md#")
			require.True(t, found, "%s: %s", rule.Alert, rule.Annotations["runbook"])
			require.True(t, anchors[anchor], "%s: there is no section %s", rule.Alert, anchor)
		}
	}
}
