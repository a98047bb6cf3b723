package digest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"attache/internal/store"

	"github.com/riverqueue/river"
)

// An editing is a channel of the fake Discord whose messages can be changed, and whose digests are rendered a story a
// message.
type editing struct {
	*fakeDiscord
	edits  []string                        // message and body of each request
	answer func(n int, p store.Part) error // to the n-th request, from 1; nil: all are taken
}

func (f *editing) Render(d Digest, seed string) ([]Message, error) {
	var out []Message
	for i, st := range d.Stories {
		marker := fmt.Sprintf("%s/%d", seed, i)
		var seen []any // what readers see of it, as far as the tests need it
		for _, b := range st.Bullets {
			seen = append(seen, b.Text, links(b.Refs...))
		}
		for _, q := range st.Quotes {
			seen = append(seen, q.Words, links(q.Ref))
		}
		embed := map[string]any{"headline": st.Headline, "seen": seen, "changed": st.Changed}
		raw, err := json.Marshal(map[string]any{"content": marker, "embeds": []any{embed}, "corrected": d.Corrected})
		if err != nil {
			return nil, err
		}
		out = append(out, Message{Body: raw, Marker: marker})
	}
	return out, nil
}

func links(refs ...Ref) (out []string) {
	for _, r := range refs {
		out = append(out, r.URL, r.Short)
	}
	return out
}

func (f *editing) Edit(_ context.Context, p store.Part, body json.RawMessage) error {
	f.edits = append(f.edits, p.Message+" "+string(body))
	if f.answer != nil {
		return f.answer(len(f.edits), p)
	}
	return nil
}

// posted is a world in which a digest of two stories is posted as two messages: one of both sources, one of the second alone.
func posted(t *testing.T) (w *world, f *editing, delivery int64, articles [3]int64) {
	w = newWorld(t)
	f = &editing{fakeDiscord: w.discord}
	w.s = New(quiet(), w.db, nil, f, w.o)
	first := w.subscribe("guild", "Harbour Times", store.Press, "PT")
	second := w.subscribe("guild", "Coast Radio", store.Official, "ES")
	articles[0] = w.publish(piece{source: first, story: 1, title: "Ministers meet in Porto", text: "Ministers of Portugal and Spain met in Porto on Thursday. They agreed to meet again in May."})
	articles[1] = w.publish(piece{source: second, story: 1, title: "Talks held in Porto", text: "Talks between the two governments about the fishing quota were held on Thursday. A text is to be signed."})
	articles[2] = w.publish(piece{source: second, story: 2, title: "A bridge opens", text: "The bridge over the Minho was opened by the king on Wednesday. Ten thousand people came to see it."})
	s := w.schedule(store.Schedule{})
	w.clock.add(20 * time.Hour)
	w.plan()
	w.settle()
	ds := must[[]store.Delivery](t)(w.db.Read().Deliveries(t.Context(), s.ID, 1))
	if len(ds) != 1 || ds[0].Status != store.Sent || w.discord.count() != 2 {
		t.Fatalf("deliveries %+v, %d messages", ds, w.discord.count())
	}
	return w, f, ds[0].ID, articles
}

// partOf returns the part that shows a story.
func partOf(t *testing.T, w *world, delivery, story int64) store.Part {
	t.Helper()
	for i, st := range w.digest(delivery).Stories {
		if st.ID == story {
			return must[[]store.Part](t)(w.db.Read().Parts(t.Context(), delivery))[i]
		}
	}
	t.Fatalf("no story %d", story)
	return store.Part{}
}

// A withdrawn article is taken out of the message that shows it and out of what buttons answer from; the other message,
// and the other source of its story, stay. What was withdrawn is withdrawn once.
func TestWithdraw(t *testing.T) {
	w, f, id, articles := posted(t)
	p := partOf(t, w, id, 1)
	withdraw := func(want int, list ...int64) {
		t.Helper()
		if n := must[Withdrawn](t)(w.s.Withdraw(t.Context(), list, "takedown")); n != (Withdrawn{Changed: want}) {
			t.Errorf("%+v, want %d", n, want)
		}
	}
	withdraw(0, 4711)
	withdraw(1, articles[0])
	withdraw(0, articles[0])
	if err := w.s.edit(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	if len(f.edits) != 1 || !strings.HasPrefix(f.edits[0], p.Message+" ") || strings.Contains(f.edits[0], "Ministers") ||
		!strings.Contains(f.edits[0], "fishing quota") || !strings.Contains(f.edits[0], p.Marker) {
		t.Fatalf("edits %q", f.edits)
	}
	if open := must[[]store.Edit](t)(w.db.Read().OpenEdits(t.Context())); len(open) != 0 {
		t.Errorf("open %+v", open)
	}
	d := w.digest(id)
	i := slices.IndexFunc(d.Stories, func(st Story) bool { return st.ID == 1 })
	st := d.Stories[i]
	if st.Headline != "Talks held in Porto" || len(st.Sources) != 1 || st.Sources[0].Article != articles[1] || !d.Corrected.Equal(w.clock.now()) {
		t.Errorf("story %+v", st)
	}
	for _, b := range st.Bullets {
		for _, r := range b.Refs {
			if r.Source != 1 {
				t.Errorf("bullet %+v", b)
			}
		}
	}
	withdraw(1, articles[1])
	if err := w.s.edit(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	raw := w.delivery(id).Digest
	if !w.digest(id).Stories[i].Withdrawn || bytes.Contains(raw, []byte("Porto")) || !bytes.Contains(raw, []byte("bridge")) {
		t.Errorf("digest %s", raw)
	}
	if len(f.edits) != 2 || strings.Contains(f.edits[1], "Porto") {
		t.Errorf("edits %q", f.edits)
	}
}

// A digest that is older than two weeks is left as it is.
func TestWithdrawOld(t *testing.T) {
	w, _, _, articles := posted(t)
	w.clock.add(withdrawFor + time.Hour)
	if n := must[Withdrawn](t)(w.s.Withdraw(t.Context(), articles[:], "takedown")); n != (Withdrawn{}) {
		t.Errorf("%+v", n)
	}
}

// What becomes of an edit by Discord's answer: only what may help is tried again, and no schedule is paused.
func TestEditAnswers(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer error
		status string
		note   string
		audit  int
		again  bool
	}{
		{"deleted", ErrDeleted, store.EditDone, deletedNote, 0, false},
		{"not ours", &Refused{Status: 403, Code: 50005, Reason: "Not ours."}, store.EditFailed, "Not ours.", 1, false},
		{"channel closed", &Refused{Status: 403, Code: 50001, Channel: true, Reason: "Closed."}, store.EditFailed, "Closed.", 1, false},
		{"limit", &Later{After: 30 * time.Second}, store.EditReady, "", 0, true},
		{"broken", errors.New("502"), store.EditReady, "", 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, f, id, articles := posted(t)
			p := partOf(t, w, id, 1)
			must[Withdrawn](t)(w.s.Withdraw(t.Context(), articles[:2], "takedown"))
			edit := must[store.Edit](t)(w.db.Read().OpenEdit(t.Context(), p.ID))
			f.answer = func(int, store.Part) error { return c.answer }
			err := w.s.tryEdit(t.Context(), p.ID, false)
			var snooze *river.JobSnoozeError
			if _, later := c.answer.(*Later); errors.As(err, &snooze) != later || later && snooze.Duration != 30*time.Second {
				t.Errorf("error %v", err)
			}
			if (err != nil) != c.again {
				t.Errorf("error %v", err)
			}
			got := must[store.Edit](t)(w.db.Read().Edit(t.Context(), edit.ID))
			if got.Status != c.status || got.Error != c.note || got.Tries != 1 {
				t.Errorf("edit %+v", got)
			}
			audits := must[[]store.Audited](t)(w.db.Read().Audits(t.Context(), "guild", 10))
			if len(audits) != c.audit || c.audit == 1 && audits[0].Detail != c.note {
				t.Errorf("audit %+v", audits)
			}
			if s := must[store.Schedule](t)(w.db.Read().Schedule(t.Context(), w.delivery(id).Schedule)); s.Paused {
				t.Error("the schedule is paused")
			}
			if c.again {
				f.answer = nil
				if err := w.s.tryEdit(t.Context(), p.ID, false); err != nil || len(f.edits) != 2 || f.edits[0] != f.edits[1] {
					t.Errorf("again: %v, %q", err, f.edits)
				}
			}
		})
	}
}

// After the last try an edit fails and managers are told; the sweep does not take it up for ever.
func TestEditGivenUp(t *testing.T) {
	w, f, id, articles := posted(t)
	p := partOf(t, w, id, 1)
	must[Withdrawn](t)(w.s.Withdraw(t.Context(), articles[:2], "takedown"))
	f.answer = func(int, store.Part) error { return errors.New("502") }
	if err := w.s.tryEdit(t.Context(), p.ID, true); err != nil {
		t.Fatal(err)
	}
	if open := must[[]store.Edit](t)(w.db.Read().OpenEdits(t.Context())); len(open) != 0 {
		t.Errorf("open %+v", open)
	}
	if audits := must[[]store.Audited](t)(w.db.Read().Audits(t.Context(), "guild", 10)); len(audits) != 1 {
		t.Errorf("audit %+v", audits)
	}
}

// An edit whose job was lost is taken up by the sweep: the row is the truth.
func TestEditSwept(t *testing.T) {
	w, f, id, articles := posted(t)
	p := partOf(t, w, id, 1)
	w.write(func(q *store.Q) error { // the row, and a job that is lost
		_, err := WithdrawIn(context.Background(), q, noJobs{}, f, w.clock.now(), articles[:2], "takedown")
		return err
	})
	if err := w.s.sweepEdits(t.Context()); err != nil {
		t.Fatal(err)
	}
	workers := river.NewWorkers()
	w.s.Register(workers)
	made := make(chan string, 1)
	f.answer = func(_ int, p store.Part) error { made <- p.Message; return nil }
	worker := must[*store.Worker](t)(w.db.Work(t.Context(), workers, 1))
	select {
	case got := <-made:
		if got != p.Message {
			t.Errorf("message %s, want %s", got, p.Message)
		}
	case <-time.After(30 * time.Second): // only when it is broken
		t.Error("no job made the edit")
	}
	if err := worker.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// Of two edits of a part the newer says all; one that comes while the first is on its way is made after it.
func TestTwoEdits(t *testing.T) {
	w, f, id, articles := posted(t)
	p := partOf(t, w, id, 1)
	must[Withdrawn](t)(w.s.Withdraw(t.Context(), articles[:1], "first"))
	f.answer = func(n int, _ store.Part) error {
		if n == 1 {
			must[Withdrawn](t)(w.s.Withdraw(t.Context(), articles[1:2], "second"))
		}
		return nil
	}
	if err := w.s.edit(t.Context(), p.ID); err != nil {
		t.Fatal(err)
	}
	if len(f.edits) != 2 || !strings.Contains(f.edits[0], "fishing") || strings.Contains(f.edits[1], "fishing") {
		t.Errorf("edits %q", f.edits)
	}
	if open := must[[]store.Edit](t)(w.db.Read().OpenEdits(t.Context())); len(open) != 0 {
		t.Errorf("open %+v", open)
	}
}

// A block of a source after its articles were withdrawn leaves the digest to its buttons, without a word of theirs. What
// another guild was shown of the same story is made of its own digest; one that cannot be rendered keeps none back.
func TestWithdrawThenBlock(t *testing.T) {
	w, f, id, articles := posted(t)
	own := w.subscribe("other", "Porto Diary", store.Press, "PT")
	w.write(func(q *store.Q) error {
		_, err := q.Subscribe(context.Background(), store.Source{URL: "https://harbour-times.example/feed", Status: "active"}, store.Subscription{Guild: "other", Name: "The Times", Tier: store.Press})
		return err
	})
	w.publish(piece{source: own, story: 1, ago: time.Hour, title: "A dinner in Porto", text: "The ministers dined at the old customs house in Porto on Thursday. The menu had four courses."})
	s := w.schedule(store.Schedule{Guild: "other", Target: store.Target{Channel: "77"}})
	theirs := w.postNow(s.ID)
	broken := w.postNow(w.schedule(store.Schedule{Guild: "other", Target: store.Target{Channel: "78"}}).ID)
	w.settle()
	w.write(func(q *store.Q) error {
		d, err := q.Delivery(context.Background(), broken)
		if err != nil {
			return err
		}
		d.Digest = json.RawMessage(`{"stories":[],"x":[{"article":` + fmt.Sprint(articles[0]) + `},7],"due":7}`)
		return q.SaveDelivery(context.Background(), d)
	})
	if d := w.digest(theirs); len(d.Stories) != 1 || len(d.Stories[0].Sources) != 2 {
		t.Fatalf("digest %+v", d)
	}
	w.write(func(q *store.Q) error {
		list, err := q.ArticlesUnder(context.Background(), "harbour-times.example", true)
		if err != nil || !slices.Equal(list, articles[:1]) {
			t.Errorf("articles %v, %v", list, err)
		}
		done, err := WithdrawIn(context.Background(), q, noJobs{}, f, w.clock.now(), list, "source blocked")
		if err != nil || done != (Withdrawn{Changed: 2, Left: 1}) {
			t.Errorf("%+v, %v", done, err)
		}
		b, err := q.BlockSource(context.Background(), "harbour-times.example", true, "takedown")
		if b.Withdrawn != 1 {
			t.Errorf("%+v", b)
		}
		return err
	})
	if raw := w.delivery(broken).Digest; len(raw) != 0 {
		t.Errorf("the broken digest is still %s", raw)
	}
	for _, e := range must[[]store.Edit](t)(w.db.Read().OpenEdits(t.Context())) {
		if err := w.s.edit(t.Context(), e.Part); err != nil {
			t.Fatal(err)
		}
	}
	if len(f.edits) != 2 || strings.Contains(strings.Join(f.edits, ""), "Ministers of Portugal") {
		t.Fatalf("edits %q", f.edits)
	}
	if strings.Contains(f.edits[0], "customs house") || !strings.Contains(f.edits[1], "customs house") || strings.Contains(f.edits[1], "Coast Radio") {
		t.Errorf("edits %q", f.edits)
	}
	if d := w.digest(id); len(d.Stories) != 2 {
		t.Errorf("digest %+v", d)
	}
}

// noJobs loses every job.
type noJobs struct{}

func (noJobs) Insert(context.Context, river.JobArgs, *river.InsertOpts) error { return nil }
