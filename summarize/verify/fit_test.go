package verify

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"attache/internal/text"
	"attache/summarize/quote"
)

var fit = flag.Bool("fit", false, "learn the weights of the score from the labelled claims and print them")

// sets are the labelled claims.
var sets = []string{"faithbench", "frank", "qags_cnndm", "qags_xsum", "summedits_news", "wice"}

// shared reads a file of the development data; where that is absent, the test is skipped, and in CI it fails.
func shared(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../../shared", name))
	if err != nil {
		if os.Getenv("ATTACHE_CI") == "1" {
			t.Fatal(err)
		}
		t.Skipf("the development data is absent: %v", err)
	}
	return b
}

type labelled struct {
	ID, Source, Claim string
	Label             int
}

type sample struct {
	file      string
	label     int
	f         []float64
	problems  []Problem
	id, claim string
}

// rowsOf reads one set of labelled claims.
func rowsOf(t *testing.T, set string) []labelled {
	t.Helper()
	var out []labelled
	for line := range strings.Lines(string(shared(t, "eval/support/"+set+"-dev.jsonl"))) {
		var row labelled
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		out = append(out, row)
	}
	return out
}

// samples reads the labelled claims with their features.
func samples(t *testing.T) map[string][]sample {
	t.Helper()
	out := map[string][]sample{}
	for _, name := range sets {
		var last *Source
		key := ""
		for _, row := range rowsOf(t, name) {
			if key != row.Source {
				lang := text.Language(row.Source, "")
				key, last = row.Source, Prepare("", row.Source, lang, time.Time{}, quote.Find(quote.Doc{Text: row.Source, Lang: lang}))
			}
			c := Claim{Text: row.Claim}
			ps := last.Problems(c)
			x := sample{name, row.Label, last.signals(last.read(c), len(ps)), ps, row.ID, row.Claim}
			if x.f == nil {
				x.f = make([]float64, len(signals))
			}
			out[name] = append(out[name], x)
		}
	}
	return out
}

// signs are what each signal is a sign of: support, its lack, or nothing (left out).
var signs = func() []float64 {
	out := make([]float64, len(signals))
	for i, n := range signals {
		out[i] = 1
		switch n {
		case "strange", "denies", "repeats", "problems", "reverse", "hedges":
			out[i] = -1
		}
	}
	return out
}()

// learn fits a logistic regression with a ridge; every file counts the same.
func learn(train map[string][]sample, skip string, ridge float64) (w []float64, b float64) {
	n := len(signals)
	var all []sample
	var each []float64
	for _, name := range sets {
		if name == skip {
			continue
		}
		pos := 0.
		for _, s := range train[name] {
			pos += float64(s.label)
		}
		neg := float64(len(train[name])) - pos
		for _, s := range train[name] {
			all = append(all, s)
			c := neg
			if s.label == 1 {
				c = pos
			}
			each = append(each, 1/(2*c))
		}
	}
	mean, dev := make([]float64, n), make([]float64, n)
	for i := range n {
		for _, s := range all {
			mean[i] += s.f[i]
		}
		mean[i] /= float64(len(all))
		for _, s := range all {
			dev[i] += (s.f[i] - mean[i]) * (s.f[i] - mean[i])
		}
		dev[i] = math.Sqrt(dev[i]/float64(len(all))) + 1e-9
	}
	w = make([]float64, n)
	g, m, v := make([]float64, n+1), make([]float64, n+1), make([]float64, n+1)
	for step := 1; step <= 1500; step++ { // Adam
		for i := range g {
			g[i] = 0
			if i < n {
				g[i] = ridge * w[i]
			}
		}
		for k, s := range all {
			z := b
			for i := range n {
				z += w[i] * (s.f[i] - mean[i]) / dev[i]
			}
			e := (1/(1+math.Exp(-z)) - float64(s.label)) * each[k]
			for i := range n {
				g[i] += e * (s.f[i] - mean[i]) / dev[i]
			}
			g[n] += e
		}
		for i := range g {
			m[i] = .9*m[i] + .1*g[i]
			v[i] = .999*v[i] + .001*g[i]*g[i]
			d := .02 * (m[i] / (1 - math.Pow(.9, float64(step)))) / (math.Sqrt(v[i]/(1-math.Pow(.999, float64(step)))) + 1e-8)
			if i < n {
				w[i] -= d
				if w[i]*signs[i] < 0 { // a signal that speaks against what it is a sign of fits an accident of the data
					w[i] = 0
				}
			} else {
				b -= d
			}
		}
	}
	for i := range n {
		w[i] /= dev[i]
		b -= w[i] * mean[i]
	}
	return w, b
}

func auc(rows []sample, w []float64, b float64) float64 {
	type scored struct {
		z float64
		y int
	}
	all := make([]scored, len(rows))
	for i, s := range rows {
		z := b
		for k := range s.f {
			z += w[k] * s.f[k]
		}
		all[i] = scored{z, s.label}
	}
	n, sum := 0., 0.
	for _, a := range all {
		for _, c := range all {
			if a.y == 1 && c.y == 0 {
				n++
				if a.z > c.z {
					sum++
				} else if a.z == c.z {
					sum += .5
				}
			}
		}
	}
	return sum / n
}

// TestFit prints what each weight is worth: for each file, the area under the curve with weights learned from the others.
func TestFit(t *testing.T) {
	if !*fit {
		t.Skip("run with -fit")
	}
	data := samples(t)
	ridges := []float64{.03, .1, .3}
	for _, ridge := range ridges {
		line := ""
		sum := 0.
		for _, name := range sets {
			w, b := learn(data, name, ridge)
			a := auc(data[name], w, b)
			sum += a
			line += fmt.Sprintf(" %s %.3f", name, a)
		}
		w, b := learn(data, "", ridge)
		line += " | all:"
		for _, name := range sets {
			line += fmt.Sprintf(" %s %.3f", name, auc(data[name], w, b))
		}
		t.Logf("ridge %.2f left out: mean %.3f%s", ridge, sum/float64(len(data)), line)
	}
	for i, name := range signals {
		line := ""
		one := make([]float64, len(signals))
		one[i] = 1
		for _, f := range sets {
			line += fmt.Sprintf(" %.3f", auc(data[f], one, 0))
		}
		t.Logf("%-14s%s", name, line)
	}
	w, b := learn(data, "", .1)
	t.Logf("bias %.4f", b)
	for i, name := range signals {
		t.Logf("%.4f, // %s", w[i], name)
	}
}
