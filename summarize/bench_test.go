package summarize_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"attache/summarize"
)

// newsroom makes n articles of some 400 words on one event, each in words of its own.
func newsroom(n int) []summarize.Document {
	docs := make([]summarize.Document, n)
	for i := range docs {
		var b strings.Builder
		for j := range 20 {
			fmt.Fprintf(&b, "Envoys of Norland and Estrova discussed point %d of the Vell crossing with guard number %d on day %d of the talks in Port Alder. ", j, i*j, i+j)
			if j%5 == 4 {
				fmt.Fprintf(&b, "“We agree on point %d and on nothing else,” Ana Tervo said.\n", i+j)
			}
		}
		docs[i] = document(int64(i+1), fmt.Sprintf("Talks on the Vell crossing, day %d", i), strings.TrimSpace(b.String()), "en", "")
	}
	return docs
}

func BenchmarkBrief(b *testing.B) {
	for _, n := range []int{1, 3, 5, 100} {
		docs := newsroom(n)
		b.Run(fmt.Sprintf("%d articles", n), func(b *testing.B) { benchBrief(b, docs) })
	}
	for _, size := range []int{250_000, 1_000_000} {
		line := "The envoys of Norland spoke of figure %d and of “the %dth bridge” at Vell for a long while. "
		var sb strings.Builder
		for i := 0; sb.Len() < size; i++ {
			fmt.Fprintf(&sb, line, i, i+1)
		}
		docs := []summarize.Document{document(1, "A long report", sb.String(), "en", "")}
		b.Run(fmt.Sprintf("%d KB", size/1000), func(b *testing.B) { benchBrief(b, docs) })
	}
}

func benchBrief(b *testing.B, docs []summarize.Document) {
	size := 0
	for _, d := range docs {
		size += len(d.Text)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := (summarize.Extractive{}).Brief(context.Background(), summarize.Request{Docs: docs, Lang: "en"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	docs := newsroom(5)
	br, err := summarize.Extractive{}.Brief(context.Background(), summarize.Request{Docs: docs, Lang: "en"})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		summarize.Check(br, docs)
	}
}
