package bot

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"attache/internal/digest"
	"attache/internal/store"
	"attache/internal/text"
	"attache/summarize"
)

const (
	archive = 100_000 // articles
	flight  = 100     // interactions at the same time
)

// A stopwatch is a transport that answers at once and notes when each interaction had its first answer.
type stopwatch struct {
	mu   sync.Mutex
	when map[string]time.Time // by interaction
}

func (s *stopwatch) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, r.Body)
		r.Body.Close()
	}
	if parts := strings.Split(r.URL.Path, "/"); len(parts) > 4 && parts[3] == "interactions" {
		s.mu.Lock()
		if _, ok := s.when[parts[4]]; !ok {
			s.when[parts[4]] = time.Now()
		}
		s.mu.Unlock()
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader([]byte("{}"))), Request: r}, nil
}

// BenchmarkInFlight asks a hundred things at once of an archive of a hundred thousand articles, while a digest is composed
// over and over. It reports when Discord was told something: the median and the 99th of a hundred, in milliseconds.
func BenchmarkInFlight(b *testing.B) {
	d, _, _ := newDesk(b, nil)
	watch := &stopwatch{when: map[string]time.Time{}}
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	var err error
	d.bot.rest, err = newREST("fake.token", Options{APIBase: "http://127.0.0.1:1/api/v10", Client: &http.Client{Transport: watch}, PerSecond: 100_000})
	if err != nil {
		b.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	d.bot.log = quiet
	service := digest.New(quiet, d.bot.db, summarize.Extractive{}, d.bot, digest.Options{Now: func() time.Time { return now }})
	d.services = Services{Digests: service, Now: func() time.Time { return now }}
	fill(b, d.bot.db, now)
	sched := store.Schedule{Guild: "1", Spec: "08:00", Zone: "UTC", Lang: "en"}
	ctx, cancel := context.WithCancel(b.Context())
	var composing sync.WaitGroup
	composing.Go(func() {
		for ctx.Err() == nil {
			if _, _, err := service.Compose(ctx, sched, "2026-03-02T12:00", now); err != nil && ctx.Err() == nil {
				b.Error(err)
				return
			}
		}
	})
	asks := []string{
		ask("search", "2048", `,"options":[{"name":"words","type":3,"value":"harbour treaty"}]`),
		ask("quotes", "2048", `,"options":[{"name":"speaker","type":3,"value":"Reis"}]`),
		ask("brief", "2048", `,"options":[{"name":"about","type":3,"value":"ferry"}]`),
		ask("help", "2048", ""),
		ask("source list", "32", `,"options":[]`),
	}
	asks[4] = strings.Replace(strings.Replace(asks[4], `"source list"`, `"source"`, 1), `"options":[]`, `"options":[{"name":"list","type":1}]`, 1)
	var took []time.Duration
	n := 0
	for b.Loop() {
		d.crowd = newCrowd(time.Now)
		var all sync.WaitGroup
		began := make([]time.Time, flight)
		first := n
		for i := range flight {
			raw := strings.Replace(asks[i%len(asks)], `"id":"11"`, fmt.Sprintf(`"id":"%d"`, 1_000_000+n), 1)
			raw = strings.Replace(raw, `"id":"7"`, fmt.Sprintf(`"id":"%d"`, 9_000_000+n), 1)
			raw = strings.Replace(raw, `"guild_id":"1"`, fmt.Sprintf(`"guild_id":"%d"`, 1+n%2), 1)
			n++
			in, err := readInteraction([]byte(raw))
			if err != nil {
				b.Fatal(err)
			}
			all.Go(func() {
				began[i] = time.Now()
				d.handle(ctx, &in)
			})
		}
		all.Wait()
		for i := range flight {
			took = append(took, watch.when[fmt.Sprint(1_000_000+first+i)].Sub(began[i]))
		}
	}
	cancel()
	composing.Wait()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// fill stores the archive: two guilds that read twenty sources, articles of the last thirty days in stories of four.
func fill(b *testing.B, db *store.DB, now time.Time) {
	b.Helper()
	ctx := b.Context()
	r := rand.New(rand.NewPCG(3, 4))
	words := strings.Fields("harbour treaty ferry quota minister border summit envoy grain visa tariff accord patrol river rail energy fisheries council debt " +
		"ceasefire mission embassy consul ambassador delegation talks corridor border-guard customs sanctions mandate observer resolution veto charter")
	var srcs []int64
	err := db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		for i := range 20 {
			for _, guild := range []string{"1", "2"} {
				id, err := q.Subscribe(ctx, store.Source{URL: fmt.Sprintf("https://s%d.example/feed", i), Status: "active"},
					store.Subscription{Guild: guild, Name: fmt.Sprintf("Source %d", i), Tier: store.Press})
				if err != nil {
					return err
				}
				srcs = append(srcs, id)
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	story := int64(0)
	for done := 0; done < archive; {
		err := db.InTx(ctx, func(q *store.Q, _ store.Jobs) (err error) {
			for range 1000 {
				at := now.Add(-30*24*time.Hour + time.Duration(done)*30*24*time.Hour/archive)
				if done%4 == 0 {
					if story, err = q.NewStory(ctx, at); err != nil {
						return err
					}
				}
				title := words[r.IntN(len(words))] + " and " + words[r.IntN(len(words))]
				body := "Delegates met. "
				for range 40 {
					body += words[r.IntN(len(words))] + " "
				}
				a := store.Article{Source: srcs[2*r.IntN(20)], Key: fmt.Sprint(done), URL: fmt.Sprintf("https://s.example/%d", done), Title: title,
					Text: body + ".", Lang: "en", Published: at, Seen: at}
				if a.ID, _, err = q.SaveArticle(ctx, a); err != nil {
					return err
				}
				a.Revision, a.Story, a.Ingested = 1, story, true
				if err := q.SaveIngested(ctx, a, text.Tokens(a.Title+"\n"+a.Text, "en"), nil); err != nil {
					return err
				}
				done++
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
