package benchmark

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// gated makes a missed goal fail its benchmark: make bench GATE=1 sets it.
var gated = os.Getenv("MTF_BENCH_GATE") == "1"

// Goal compares a figure with its target. It returns the comparison in words,
// and whether the figure meets the target.
type Goal func(Comparison) (comparison string, met bool)

// AtLeast requires a share of the limit's rate.
func AtLeast(share float64) Goal {
	return func(c Comparison) (string, bool) {
		_, _, ratio := c.Rates()
		return fmt.Sprintf("at least %.2f of the limit", share), ratio >= share
	}
}

// P50AtMost limits our median latency to a multiple of the limit's.
func P50AtMost(times float64) Goal {
	return func(c Comparison) (string, bool) {
		_, _, ratio := c.P50()
		return fmt.Sprintf("p50 %.2f times the limit's, at most %.2f", ratio, times), ratio <= times
	}
}

// P50Within limits our median latency.
func P50Within(bound time.Duration) Goal {
	return func(c Comparison) (string, bool) {
		ours, _, _ := c.P50()
		return fmt.Sprintf("p50 %.2f ms, at most %.2f", milliseconds(ours), milliseconds(bound)), ours <= bound
	}
}

// Original requires four times the rate of the system that this one replaces,
// which was measured on a machine of the same kind.
func Original(perSecond float64) Goal {
	return func(c Comparison) (string, bool) {
		ours, _, _ := c.Rates()
		const times = 4
		return fmt.Sprintf("%.1f times the original's %.0f/s, at least %d", ours/perSecond, perSecond, times), ours >= times*perSecond
	}
}

// RatioGoal compares a ratio with its target, as Goal does.
type RatioGoal func(ratio float64) (comparison string, met bool)

// LeastRatio requires a ratio of at least bound.
func LeastRatio(bound float64) RatioGoal {
	return func(ratio float64) (string, bool) { return fmt.Sprintf("at least %.2f", bound), ratio >= bound }
}

// MostRatio requires a ratio of at most bound.
func MostRatio(bound float64) RatioGoal {
	return func(ratio float64) (string, bool) { return fmt.Sprintf("at most %.2f", bound), ratio <= bound }
}

// ReportRatio prints a ratio and whether it meets its goal, and adds it to the
// metrics of the benchmark.
func ReportRatio(b *testing.B, name string, ratio float64, goal RatioGoal) {
	b.Helper()
	comparison, met := goal(ratio)
	b.Logf("%-28s %8.2f, %s", name, ratio, verdict(b, name, comparison, met))
	b.ReportMetric(ratio, name)
}

// verdict completes a comparison. A missed goal fails the benchmark if goals are gated.
func verdict(b *testing.B, name, comparison string, met bool) string {
	b.Helper()
	if met {
		return comparison + ": met"
	}
	if gated {
		b.Errorf("%s misses its goal: %s", name, comparison)
	}
	return comparison + ": MISSED"
}

// Report prints one line per figure: our rate, the limit of the same run, their
// ratio, our latencies, and whether the goals are met. The benchmark's metrics
// have the same numbers.
func Report(b *testing.B, name string, c Comparison, goals ...Goal) {
	b.Helper()
	ours, limit, ratio := c.Rates()
	p50, _, _ := c.P50()
	line := fmt.Sprintf("%-28s %8.0f/s, limit %8.0f/s, ratio %.2f, p50 %s, p99 %s", name, ours, limit, ratio, short(p50), short(c.P99()))
	for _, goal := range goals {
		comparison, met := goal(c)
		line += "; " + verdict(b, name, comparison, met)
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
