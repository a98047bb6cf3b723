package bot

import (
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
	"attache/summarize/quote"
)

const (
	archive = 100_000 // articles
	flight  = 100     // interactions at the same time
)

// A stopwatch is a transport that answers at once and notes when each interaction had its first answer, and what it was
// told last.
type stopwatch struct {
	mu   sync.Mutex
	when map[string]time.Time // by token, which is also the interaction's id
	said map[string]string
}

func (s *stopwatch) RoundTrip(r *http.Request) (*http.Response, error) {
	now := time.Now()
	body := ""
	if r.Body != nil {
		raw, _ := io.ReadAll(r.Body)
		r.Body.Close()
		body = string(raw)
	}
	if parts := strings.Split(r.URL.Path, "/"); len(parts) > 5 && (parts[3] == "interactions" || parts[3] == "webhooks") {
		s.mu.Lock()
		if _, ok := s.when[parts[5]]; !ok {
			s.when[parts[5]] = now
		}
		s.said[parts[5]] = body
		s.mu.Unlock()
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

// inFlightAsks are what is asked at the same time, and what stands in an answer that found something.
var inFlightAsks = []struct{ kind, data, found string }{
	{"2", `{"id":"3","name":"search","type":1,"options":[{"name":"words","type":3,"value":"harbour treaty"}]}`, `"embeds":[{`},
	{"2", `{"id":"3","name":"quotes","type":1,"options":[{"name":"speaker","type":3,"value":"Reis"}]}`, `settle point`},
	{"2", `{"id":"3","name":"brief","type":1,"options":[{"name":"about","type":3,"value":"ferry"}]}`, `"embeds":[{`},
	{"2", `{"id":"3","name":"brief","type":1,"options":[{"name":"about","type":3,"value":"What did the envoy say about the harbour?"}]}`, `"embeds":[{`},
	{"2", `{"id":"3","name":"help","type":1}`, `/search`},
	{"2", `{"id":"3","name":"source","type":1,"options":[{"name":"list","type":1}]}`, `Source 7`},
	{"4", `{"id":"3","name":"brief","type":1,"options":[{"name":"about","type":3,"value":"har","focused":true}]}`, `"choices":[{`},
	{"4", `{"id":"3","name":"quotes","type":1,"options":[{"name":"speaker","type":3,"value":"re","focused":true}]}`, `"choices":[{`},
	{"3", `{"component_type":2,"custom_id":"page:ANSWER:1:next"}`, `second page`},
	{"3", `{"component_type":2,"custom_id":"post:ANSWER:0"}`, `first page`},
}

// BenchmarkInFlight asks a hundred things at once of an archive of a hundred thousand articles, while a digest is composed
// over and over: commands, suggestions, and buttons. It reports in milliseconds when Discord was told something, the
// median and the 99th of a hundred, and the 99th of suggestions alone, before which nothing can be said; and which part of
// the suggestions came too late to be any.
func BenchmarkInFlight(b *testing.B) {
	d, _, _ := newDesk(b, nil)
	d.ackAfter, d.ackLast = ackAfter, ackLast
	watch := &stopwatch{when: map[string]time.Time{}, said: map[string]string{}}
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	var err error
	d.bot.rest, err = newREST("fake.token", Options{APIBase: "http://127.0.0.1:1/api/v10", Client: &http.Client{Transport: watch}})
	if err != nil {
		b.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	d.bot.log = quiet
	service := digest.New(quiet, d.bot.db, nil, d.bot, digest.Options{Now: func() time.Time { return now }})
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
	var took, suggested []time.Duration
	late := 0
	n := 0
	for b.Loop() {
		d.crowd = newCrowd(time.Now)
		began := make([]time.Time, flight)
		ids := make([]string, flight)
		raws := make([][]byte, flight)
		for i := range flight {
			n++
			ids[i] = fmt.Sprint(1_000_000 + n)
			ask := inFlightAsks[i%len(inFlightAsks)]
			raws[i] = fmt.Appendf(nil, `{"id":%q,"application_id":"12","token":%q,"type":%s,"guild_id":"%d","channel_id":"2","locale":"en-GB","app_permissions":"2048",
				"member":{"user":{"id":"%d"},"roles":["55"],"permissions":"2080"},"data":%s}`,
				ids[i], ids[i], ask.kind, 1+i%2, 9_000_000+i, strings.ReplaceAll(ask.data, "ANSWER", fmt.Sprintf("%018x", i)))
		}
		for i, raw := range raws {
			began[i] = time.Now()
			d.take(ctx, raw)
		}
		d.running.Wait()
		for i, id := range ids {
			ask, t := inFlightAsks[i%len(inFlightAsks)], watch.when[id].Sub(began[i])
			if took = append(took, t); ask.kind == "4" {
				suggested = append(suggested, t)
			}
			if said := watch.said[id]; ask.kind == "4" && strings.Contains(said, `"choices":[]`) { // given up after ackLast
				late++
			} else if !strings.Contains(said, ask.found) {
				b.Errorf("%s was answered with %.300s", ask.data, said)
			}
		}
	}
	cancel()
	composing.Wait()
	slices.Sort(took)
	slices.Sort(suggested)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(suggested[len(suggested)*99/100].Microseconds())/1000, "suggest-p99-ms")
	b.ReportMetric(float64(late)/float64(len(suggested)), "no-suggestion")
}

// fill stores the archive: two guilds that read twenty sources, articles of the last thirty days in stories of four, each
// article with a quote; and an answer of two pages for each of those who ask.
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
	var sayings []string // with their quotes; who speaks is one of three hundred
	var said [][]store.Quote
	for _, first := range strings.Fields("Mara Tomas Ilse Joana Petr Anouk Luis Greta Olga Henrik") {
		for _, last := range strings.Fields("Reis Quell Vandermeer Okoro Lindqvist Brandt Moreau Castellan Novak Adeyemi Farrow Ishida Kowal Petrov Sandoval " +
			"Thorne Ueda Varga Weiss Yilmaz Zeller Abara Bakker Corvino Dahl Eriksen Fontaine Grigore Haas Ivers") {
			s := "“We will settle point 000000 by winter,” said " + first + " " + last + ", the harbour minister.\n\n"
			found := quote.Find(quote.Doc{Text: s, Lang: "en"})
			if len(found) != 1 || found[0].Speaker != first+" "+last {
				b.Fatalf("the quote of %s is %+v", s, found)
			}
			sayings, said = append(sayings, s), append(said, []store.Quote{{Quote: found[0]}})
		}
	}
	err = db.InTx(ctx, func(q *store.Q, _ store.Jobs) error {
		for i := range flight {
			a := store.Answer{ID: fmt.Sprintf("%018x", i), Guild: fmt.Sprint(1 + i%2), User: fmt.Sprint(9_000_000 + i), At: now,
				Pages: []byte(`{"pages":[{"content":"first page"},{"content":"second page"}],"post":true}`)}
			if err := q.SaveAnswer(ctx, a); err != nil {
				return err
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
				at := now.Add(time.Duration(done-archive) * (30 * 24 * time.Hour / archive))
				if done%4 == 0 {
					if story, err = q.NewStory(ctx, at); err != nil {
						return err
					}
				}
				title := words[r.IntN(len(words))] + " and " + words[r.IntN(len(words))]
				speaks := r.IntN(len(sayings))
				body := strings.Replace(sayings[speaks], "000000", fmt.Sprintf("%06d", done), 1)
				for range 5 {
					body += "The envoy said that the " + words[r.IntN(len(words))] + " and the " + words[r.IntN(len(words))] + " were settled in the " + words[r.IntN(len(words))] + ". "
				}
				a := store.Article{Source: srcs[2*r.IntN(20)], Key: fmt.Sprint(done), URL: fmt.Sprintf("https://s.example/%d", done), Title: title,
					Text: strings.TrimSpace(body), Lang: "en", Published: at, Seen: at}
				if a.ID, _, err = q.SaveArticle(ctx, a); err != nil {
					return err
				}
				a.Revision, a.Story, a.Ingested = 1, story, true
				if err := q.SaveIngested(ctx, a, text.Tokens(a.Title+"\n"+a.Text, "en"), said[speaks]); err != nil {
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
