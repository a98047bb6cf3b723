package preview

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "draw docs/pictures again; needs chromium and an emoji font (Debian: chromium, fonts-noto-color-emoji)")

const (
	recordings   = "../../bot/testdata/pictures" // what commands answered, recorded by the tests of package bot
	pictures     = "../../docs/pictures"
	pictureMax   = 80 << 10 // bytes: a page of documents with a dozen of them still loads at once
	pictureWidth = 720
	pictureScale = 1.25
)

// TestPictures holds docs/pictures to what commands answer: drawn.txt there has the hash of the page that each was drawn
// from, and with -update they are drawn anew, those alone of which the page has changed.
func TestPictures(t *testing.T) {
	files, err := filepath.Glob(recordings + "/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("nothing is recorded: %v", err)
	}
	was := map[string]string{}
	if raw, err := os.ReadFile(pictures + "/drawn.txt"); err == nil {
		for line := range strings.Lines(string(raw)) {
			name, hash, _ := strings.Cut(strings.TrimSpace(line), " ")
			was[name] = hash
		}
	} else if !*update {
		t.Fatal(err)
	}
	var drawn strings.Builder
	names := map[string]bool{"drawn.txt": true}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json") + ".png"
		names[name] = true
		html := showRecording(t, file)
		hash := fmt.Sprintf("%x", sha256.Sum256(html))
		fmt.Fprintf(&drawn, "%s %s\n", name, hash)
		info, err := os.Stat(filepath.Join(pictures, name))
		if *update {
			if err != nil || was[name] != hash {
				shoot(t, html, filepath.Join(pictures, name))
			}
			continue
		}
		switch {
		case err != nil:
			t.Errorf("%v: run this test with -update", err)
		case was[name] != hash:
			t.Errorf("docs/pictures/%s shows what is no longer answered or drawn so: run this test with -update, and look at it", name)
		case info.Size() > pictureMax:
			t.Errorf("docs/pictures/%s has %d bytes", name, info.Size())
		}
	}
	if *update {
		if err := os.WriteFile(pictures+"/drawn.txt", []byte(drawn.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	there, err := os.ReadDir(pictures)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range there {
		if !names[f.Name()] {
			t.Errorf("docs/pictures/%s is of nothing that is recorded", f.Name())
		}
	}
}

func showRecording(t *testing.T, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	var a Answer
	if err := dec.Decode(&a); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var b bytes.Buffer
	if err := Show(&b, "digest", a); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return b.Bytes()
}

// shoot draws a page with chromium, as high as it is filled.
func shoot(t *testing.T, html []byte, file string) {
	t.Helper()
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("drawing pictures needs chromium: %v", err)
	}
	dir := t.TempDir()
	page, shot := filepath.Join(dir, "page.html"), filepath.Join(dir, "shot.png")
	if err := os.WriteFile(page, html, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--user-data-dir="+filepath.Join(dir, "profile"),
		fmt.Sprintf("--window-size=%d,2400", pictureWidth), fmt.Sprintf("--force-device-scale-factor=%g", pictureScale),
		"--screenshot="+shot, "file://"+page).CombinedOutput()
	if err != nil {
		t.Fatalf("chromium: %v\n%s", err, out)
	}
	raw, err := os.ReadFile(shot)
	if err != nil {
		t.Fatal(err)
	}
	full, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	if err := enc.Encode(&b, fewColors(filled(full))); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// filled cuts off what is empty below, but for a margin.
func filled(img image.Image) image.Image {
	r := img.Bounds()
	ground := img.At(r.Min.X, r.Max.Y-1)
	last := r.Max.Y - 1
	for ; last > r.Min.Y; last-- {
		for x := r.Min.X; x < r.Max.X; x++ {
			if img.At(x, last) != ground {
				goto found
			}
		}
	}
found:
	r.Max.Y = min(r.Max.Y, last+int(16*pictureScale))
	return img.(interface {
		SubImage(image.Rectangle) image.Image
	}).SubImage(r)
}

// fewColors is an image in at most 256 colours: the edges of letters have thousands that no eye tells apart. Of colours
// that are alike in the upper five bits of each part the most frequent stands for all.
func fewColors(img image.Image) image.Image {
	r := img.Bounds()
	count := map[color.RGBA]int{}
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(img.At(x, y)).(color.RGBA) }
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			count[at(x, y)]++
		}
	}
	all := slices.Collect(maps.Keys(count))
	slices.SortFunc(all, func(a, b color.RGBA) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var palette color.Palette
	taken := map[color.RGBA]bool{}
	for i, c := range all {
		like := color.RGBA{c.R >> 3, c.G >> 3, c.B >> 3, 0}
		if i < 32 || !taken[like] && len(palette) < 256 {
			palette = append(palette, c)
		}
		taken[like] = true
	}
	out := image.NewPaletted(r, palette)
	nearest := map[color.RGBA]uint8{}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			c := at(x, y)
			i, ok := nearest[c]
			if !ok {
				i = uint8(palette.Index(c))
				nearest[c] = i
			}
			out.SetColorIndex(x, y, i)
		}
	}
	return out
}
