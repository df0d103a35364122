package telemetry

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// probeTimeout bounds what a scrape waits for a dependency.
const probeTimeout = 2 * time.Second

// Probe asks a dependency whether it answers, until ctx ends.
type Probe func(ctx context.Context) error

var dependencyUp = describe("mtf_dependency_up", "Whether what the process depends on answers it.", "dependency")

// probes asks them all at each scrape.
type probes map[string]Probe

// WatchDependencies publishes whether each of the dependencies answers, by their names.
func (m *Metrics) WatchDependencies(dependencies map[string]Probe) {
	if m != nil {
		m.registry.MustRegister(probes(dependencies))
	}
}

// Describe implements prometheus.Collector.
func (p probes) Describe(descriptions chan<- *prometheus.Desc) { descriptions <- dependencyUp }

// Collect implements prometheus.Collector.
func (p probes) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	var asked sync.WaitGroup
	for name, probe := range p {
		asked.Go(func() {
			metrics <- prometheus.MustNewConstMetric(dependencyUp, prometheus.GaugeValue, truth(probe(ctx) == nil), name)
		})
	}
	asked.Wait()
}
