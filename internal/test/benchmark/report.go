package benchmark

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// Goal is what a figure is held against, in the words of the line that tells it.
type Goal func(Comparison) string

// AtLeast is the least share of the limit's rate.
func AtLeast(share float64) Goal {
	return func(c Comparison) string {
		_, _, ratio := c.Rates()
		return fmt.Sprintf("at least %.2f of the limit: %s", share, verdict(ratio >= share))
	}
}

// P50AtMost is how many times the limit's median latency ours may take.
func P50AtMost(times float64) Goal {
	return func(c Comparison) string {
		_, _, ratio := c.P50()
		return fmt.Sprintf("p50 %.2f times the limit's, at most %.2f: %s", ratio, times, verdict(ratio <= times))
	}
}

// P50Within is the most that our median latency may be.
func P50Within(bound time.Duration) Goal {
	return func(c Comparison) string {
		ours, _, _ := c.P50()
		return fmt.Sprintf("p50 %.2f ms, at most %.2f: %s", milliseconds(ours), milliseconds(bound), verdict(ours <= bound))
	}
}

// Original is the rate of the system that this one replaces, measured on a machine of
// the same kind: the figure must be four times as high.
func Original(perSecond float64) Goal {
	return func(c Comparison) string {
		ours, _, _ := c.Rates()
		const times = 4
		return fmt.Sprintf("%.1f times the original's %.0f/s, at least %d: %s", ours/perSecond, perSecond, times, verdict(ours >= times*perSecond))
	}
}

// RatioGoal is what a ratio is held against.
type RatioGoal func(ratio float64) string

// LeastRatio is the smallest ratio that is good.
func LeastRatio(bound float64) RatioGoal {
	return func(ratio float64) string { return fmt.Sprintf("at least %.2f: %s", bound, verdict(ratio >= bound)) }
}

// MostRatio is the largest ratio that is good.
func MostRatio(bound float64) RatioGoal {
	return func(ratio float64) string { return fmt.Sprintf("at most %.2f: %s", bound, verdict(ratio <= bound)) }
}

// ReportRatio prints a ratio and how it stands to its goal, and makes it a metric of the benchmark.
func ReportRatio(b *testing.B, name string, ratio float64, goal RatioGoal) {
	b.Helper()
	b.Logf("%-28s %8.2f, %s", name, ratio, goal(ratio))
	b.ReportMetric(ratio, name)
}

func verdict(met bool) string {
	if met {
		return "met"
	}
	return "MISSED"
}

// Report prints a figure on a line of its own: our rate, the limit of the same run,
// their ratio, our latencies, and how it stands to its goals. The same numbers are
// the benchmark's metrics.
func Report(b *testing.B, name string, c Comparison, goals ...Goal) {
	b.Helper()
	ours, limit, ratio := c.Rates()
	p50, _, _ := c.P50()
	line := fmt.Sprintf("%-28s %8.0f/s, limit %8.0f/s, ratio %.2f, p50 %s, p99 %s", name, ours, limit, ratio, short(p50), short(c.P99()))
	for _, goal := range goals {
		line += "; " + goal(c)
	}
	b.Log(line)

	unit := strings.ReplaceAll(name, " ", "-")
	b.ReportMetric(ours, unit+"/s")
	b.ReportMetric(limit, unit+"-limit/s")
	b.ReportMetric(ratio, unit+"-ratio")
	b.ReportMetric(milliseconds(p50), unit+"-p50-ms")
	b.ReportMetric(milliseconds(c.P99()), unit+"-p99-ms")
}

func short(latency time.Duration) string { return fmt.Sprintf("%.1f ms", milliseconds(latency)) }

func milliseconds(latency time.Duration) float64 { return float64(latency.Microseconds()) / 1000 }
