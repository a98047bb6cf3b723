package digest

import (
	"context"
	"testing"
	"time"
)

// What readers ask for, over a day of 3,000 articles; briefs are made once.
func BenchmarkReaders(b *testing.B) {
	w := newsroom(b, 3000)
	ctx := context.Background()
	day := noon.Add(-24 * time.Hour)
	for _, c := range []struct {
		name string
		run  func() error
	}{
		{"about a country", func() error {
			_, _, err := w.s.StoriesAbout(ctx, "guild", ParseAbout("Turkey", "en"), day, "en", 6)
			return err
		}},
		{"about a country that nobody names", func() error {
			_, _, err := w.s.StoriesAbout(ctx, "guild", ParseAbout("Iceland", "en"), day, "en", 6)
			return err
		}},
		{"about words", func() error {
			_, _, err := w.s.StoriesAbout(ctx, "guild", ParseAbout("treaty harbour", "en"), day, "en", 6)
			return err
		}},
		{"question", func() error {
			_, err := w.s.Ask(ctx, "guild", "Who spoke about the lighthouse and the treaty in the harbour room?", time.Time{}, 6)
			return err
		}},
		{"search", func() error { _, err := w.s.Search(ctx, "guild", "treaty harbour", time.Time{}, 60); return err }},
		{"quotes about a country", func() error {
			_, err := w.s.Quotes(ctx, "guild", "", ParseAbout("Iceland", "en"), time.Time{}, 40)
			return err
		}},
		{"quotes of a speaker", func() error { _, err := w.s.Quotes(ctx, "guild", somebody, About{}, time.Time{}, 40); return err }},
		{"suggest", func() error { _, err := w.s.Suggest(ctx, "guild", "", "en"); return err }},
		{"suggest typed", func() error { _, err := w.s.Suggest(ctx, "guild", "head", "en"); return err }},
		{"suggest speakers", func() error { _, err := w.s.Speakers(ctx, "guild", "rei"); return err }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if err := c.run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
