// Package benchmark measures the system from outside. It compares each figure with a limit
// that is measured in the same run: the cost of the same work without the system.
//
// Machines differ and are shared, so the ratio is the result. The rates only explain it.
package benchmark

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Rate is how fast an operation was repeated.
type Rate struct {
	PerSecond float64
	P50, P99  time.Duration
}

// Operation is one repetition. Callers are numbered from 0 and call in parallel.
type Operation func(caller int) error

// Measure repeats an operation with a number of callers, each as fast as it can, for
// a duration. Operations under way at its end are waited for and counted.
func Measure(b *testing.B, callers int, duration time.Duration, operation Operation) Rate {
	b.Helper()
	var failed atomic.Pointer[error]
	took := make([][]time.Duration, callers)
	var done sync.WaitGroup
	begun := time.Now()
	for caller := range callers {
		done.Go(func() {
			for time.Since(begun) < duration && failed.Load() == nil {
				at := time.Now()
				if err := operation(caller); err != nil {
					failed.CompareAndSwap(nil, &err)
					return
				}
				took[caller] = append(took[caller], time.Since(at))
			}
		})
	}
	done.Wait()
	elapsed := time.Since(begun)
	if err := failed.Load(); err != nil {
		b.Fatal(*err)
	}
	all := slices.Sorted(slices.Values(slices.Concat(took...)))
	return Rate{
		PerSecond: float64(len(all)) / elapsed.Seconds(),
		P50:       all[len(all)/2],
		P99:       all[len(all)*99/100],
	}
}

// Comparison is a measure and its limit over several rounds.
type Comparison struct{ ours, limit []Rate }

// Compare measures ours and the limit alternately, so that other load on the machine
// affects both. A first round warms both up and does not count.
func Compare(b *testing.B, callers, rounds int, duration time.Duration, ours, limit Operation) Comparison {
	b.Helper()
	Measure(b, callers, duration/2, limit)
	Measure(b, callers, duration/2, ours)
	var c Comparison
	for range rounds {
		c.limit = append(c.limit, Measure(b, callers, duration, limit))
		c.ours = append(c.ours, Measure(b, callers, duration, ours))
	}
	return c
}

// Whole is the rate of work that is measured as one, such as a job over all of its rows.
func Whole(items int, took time.Duration) Rate {
	return Rate{PerSecond: float64(items) / took.Seconds(), P50: took, P99: took}
}

// Add adds a round that was measured apart.
func (c *Comparison) Add(ours, limit Rate) {
	c.ours, c.limit = append(c.ours, ours), append(c.limit, limit)
}

// Rates returns the median rates of both and the median of the rounds' ratios.
func (c Comparison) Rates() (ours, limit, ratio float64) {
	rate := func(r Rate) float64 { return r.PerSecond }
	return median(c.ours, rate), median(c.limit, rate), c.ratio(rate)
}

// P50 returns the median latencies of both and the median of the rounds' ratios.
func (c Comparison) P50() (ours, limit time.Duration, ratio float64) {
	p50 := func(r Rate) float64 { return r.P50.Seconds() }
	return seconds(median(c.ours, p50)), seconds(median(c.limit, p50)), c.ratio(p50)
}

// P99 returns the median of our rounds' 99th percentiles.
func (c Comparison) P99() time.Duration {
	return seconds(median(c.ours, func(r Rate) float64 { return r.P99.Seconds() }))
}

func (c Comparison) ratio(of func(Rate) float64) float64 {
	ratios := make([]float64, len(c.ours))
	for i := range c.ours {
		ratios[i] = of(c.ours[i]) / of(c.limit[i])
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}

func median(rates []Rate, of func(Rate) float64) float64 {
	values := make([]float64, len(rates))
	for i, rate := range rates {
		values[i] = of(rate)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func seconds(value float64) time.Duration { return time.Duration(value * float64(time.Second)) }
