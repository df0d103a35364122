package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
)

const (
	width = 1300
	// settled is how long a page must look the same to be taken.
	settled = 500 * time.Millisecond
	// restless is how many looks are taken at a page that does not come to rest.
	restless = 6
	// pageTimeout bounds the wait for one page.
	pageTimeout = 30 * time.Second
)

// picture is a page and the part of it that is shown: the top, this many pixels high.
type picture struct {
	file, address string
	// tail is added to the path that the page redirects to.
	tail string
	// shows is the text to wait for before the picture is taken.
	shows  string
	height int64
}

func pictures(d *demo) []picture {
	return []picture{
		{
			file: "workflows.png", address: d.workflows + "?query=" + url.QueryEscape(`WorkflowType != "DunClient"`),
			shows: "landing-new/", height: 600,
		},
		{file: "billing-run.png", address: d.billingRun, tail: "user-metadata", shows: "Current Details", height: 930},
		{file: "billing-run-timeline.png", address: d.billingRun, tail: "timeline", shows: "Run ID", height: 1150},
		{file: "landing-submit.png", address: d.subscription, tail: "history", shows: "Run ID", height: 800},
		{file: "schedules.png", address: strings.TrimSuffix(d.workflows, "workflows") + "schedules", shows: "collections", height: 500},
	}
}

// openBrowser starts a browser without a window. The caller closes it.
func openBrowser(ctx context.Context) (browser context.Context, closeBrowser func(), err error) {
	options := chromedp.DefaultExecAllocatorOptions[:]
	if os.Geteuid() == 0 {
		// Chromium refuses to sandbox root's pages. They are the demo's own.
		options = append(options, chromedp.NoSandbox)
	}
	allocator, cancelAllocator := chromedp.NewExecAllocator(ctx, options...)
	browser, cancelBrowser := chromedp.NewContext(allocator)
	closeBrowser = func() {
		cancelBrowser()
		cancelAllocator()
	}
	if err := chromedp.Do(browser); err != nil {
		closeBrowser()
		return nil, nil, fmt.Errorf("no browser: install Chromium: %w", err)
	}
	return browser, closeBrowser, nil
}

// take returns the page as a PNG of at most 256 colours, once it says what it must and
// has come to rest.
func (p picture) take(browser context.Context) ([]byte, error) {
	ctx, cancel := context.WithTimeout(browser, pageTimeout)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, p.height)); err != nil {
		return nil, err
	}
	first := p.shows
	if p.tail != "" {
		first = "Run ID"
	}
	if err := open(ctx, p.address, first); err != nil {
		return nil, err
	}
	if p.tail != "" {
		led, err := chromedp.Run(ctx, chromedp.Location())
		if err != nil {
			return nil, err
		}
		address, err := url.Parse(led)
		if err != nil {
			return nil, err
		}
		address.RawPath = address.EscapedPath()[:strings.LastIndex(address.EscapedPath(), "/")+1] + p.tail
		if address.Path, err = url.PathUnescape(address.RawPath); err != nil {
			return nil, err
		}
		if err := open(ctx, address.String(), p.shows); err != nil {
			return nil, err
		}
	}
	taken, err := rest(ctx)
	if err != nil {
		return nil, err
	}
	return reduce(taken)
}

// open goes to an address and returns once the page says what it must.
func open(ctx context.Context, address, shows string) error {
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		return err
	}
	for {
		said, err := chromedp.Run(ctx, chromedp.Evaluate[bool](fmt.Sprintf("document.body.innerText.includes(%q)", shows)))
		if said || err != nil {
			return err
		}
		if err := pause(ctx); err != nil {
			return fmt.Errorf("%s does not say %q: %w", address, shows, err)
		}
	}
}

func pause(ctx context.Context) error {
	select {
	case <-time.After(settled):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// rest returns the page once it has looked the same for a while, or as it is after some
// time: some pages show the time.
func rest(ctx context.Context) (taken []byte, err error) {
	for range restless {
		now, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		if err != nil {
			return nil, err
		}
		if bytes.Equal(now, taken) {
			break
		}
		taken = now
		if err := pause(ctx); err != nil {
			return nil, err
		}
	}
	return taken, nil
}

// reduce encodes a picture with its 256 most frequent colours. Text on a plain background
// looks the same, and the file is several times smaller.
func reduce(content []byte) ([]byte, error) {
	full, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	bounds := full.Bounds()
	pixels := map[color.Color]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			pixels[full.At(x, y)]++
		}
	}
	var palette color.Palette
	for each := range pixels {
		palette = append(palette, each)
	}
	slices.SortFunc(palette, func(a, b color.Color) int { return pixels[b] - pixels[a] })
	reduced := image.NewPaletted(bounds, palette[:min(len(palette), 256)])
	draw.Draw(reduced, bounds, full, bounds.Min, draw.Src)
	var written bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&written, reduced); err != nil {
		return nil, err
	}
	return written.Bytes(), nil
}
