package bot

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// Whatever is asked with a handler that takes its time is acknowledged as it must be, and has one answer in the end.
func TestPutOff(t *testing.T) {
	const edit, follow = "/webhooks/12/secret-of-this-one/messages/@original", "/webhooks/12/secret-of-this-one"
	for _, c := range []struct {
		name  string
		later promise
		reply reply
		err   error
		ack   int           // the type of the callback
		after time.Duration // at which it came
		then  string        // method and path of the answer, "" where the callback is it
		says  string
		only  bool // seen by who asked alone, as the message says it
	}{
		{"a message", promiseMessage, plain("late"), nil, giveLater, ackAfter, "PATCH " + edit, "late", false},
		{"a change", promiseChange, reply{pages: []page{{Content: "late"}}, update: true}, nil, giveNothing, ackAfter, "PATCH " + edit, "late", false},
		{"a message beside", promiseChange, plain("late"), nil, giveNothing, ackAfter, "POST " + follow, "late", true},
		{"a message for everybody", promiseChange, reply{pages: []page{{Content: "late"}}, public: true}, nil, giveNothing, ackAfter, "POST " + follow, "late", false},
		{"an error beside", promiseChange, reply{}, say("error.expired"), giveNothing, ackAfter, "POST " + follow, "no longer of use", true},
		{"a form", promiseNothing, reply{form: &form{id: "x", title: "late"}}, nil, giveLater, ackLast, "PATCH " + edit, "too long", false},
		{"a reply where a form may be", promiseNothing, plain("late"), nil, giveLater, ackLast, "PATCH " + edit, "late", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, w, _ := newDesk(t, nil)
			d.ackAfter, d.ackLast = ackAfter, ackLast
			d.table.presses["slow"] = press{later: c.later, run: func(context.Context, *request) (reply, error) {
				time.Sleep(5 * time.Second) // of the bubble's clock
				return c.reply, c.err
			}}
			raw := strings.Replace(strings.Replace(ask("x", "32", ""), `"type":2`, `"type":3`, 1), `"name":"x"`, `"custom_id":"slow:1"`, 1)
			synctest.Test(t, func(t *testing.T) {
				in, err := readInteraction([]byte(raw))
				if err != nil {
					t.Fatal(err)
				}
				go d.handle(context.Background(), nil, &in)
				time.Sleep(c.after - time.Millisecond)
				synctest.Wait()
				if all := w.answers(); len(all) != 0 {
					t.Fatalf("too early: %+v", all)
				}
				time.Sleep(time.Millisecond)
				synctest.Wait()
				if all := w.answers(); len(all) != 1 || all[0].body["type"] != float64(c.ack) {
					t.Fatalf("acknowledged with %+v", all)
				}
				time.Sleep(10 * time.Second)
				synctest.Wait()
				all := w.answers()
				if len(all) != 2 || all[1].method+" "+all[1].path != c.then {
					t.Fatalf("answered with %+v", all)
				}
				text, _ := all[1].body["content"].(string)
				flags, _ := all[1].body["flags"].(float64)
				if !strings.Contains(text, c.says) || (flags == ephemeral) != c.only {
					t.Errorf("%+v", all[1].body)
				}
			})
		})
	}
}

// Suggestions that take too long are none, and whoever looks for them stops.
func TestPutOffSuggestions(t *testing.T) {
	d, w, _ := newDesk(t, nil)
	d.ackAfter, d.ackLast = ackAfter, ackLast
	stopped := false
	c := d.table.find("calm")
	c.complete = func(ctx context.Context, _ *request, _, _ string) ([]choice, error) {
		<-ctx.Done()
		stopped = true
		return nil, ctx.Err()
	}
	raw := strings.Replace(ask("calm", "32", `,"options":[{"name":"n","type":3,"value":"x","focused":true}]`), `"type":2`, `"type":4`, 1)
	synctest.Test(t, func(t *testing.T) {
		in, err := readInteraction([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		d.handle(context.Background(), nil, &in)
		if all := w.answers(); len(all) != 1 || all[0].body["type"] != float64(giveChoices) || !stopped {
			t.Errorf("stopped %v, %+v", stopped, all)
		}
	})
}

// An answer that may have arrived is sent again only where that changes nothing.
func TestPutOffAnswerLost(t *testing.T) {
	for then, want := range map[promise]int{promiseMessage: 3, promiseChange: 2} {
		d, w, _ := newDesk(t, nil)
		d.ackAfter = 0
		d.table.presses["slow"] = press{later: then, run: func(context.Context, *request) (reply, error) { return plain("late"), nil }}
		w.fail = func(path string) error {
			if strings.HasPrefix(path, "/webhooks/") {
				return errors.New("connection reset")
			}
			return nil
		}
		handled(t, d, strings.Replace(strings.Replace(ask("x", "32", ""), `"type":2`, `"type":3`, 1), `"name":"x"`, `"custom_id":"slow:1"`, 1))
		if all := w.answers(); len(all) != want || all[0].method != http.MethodPost {
			t.Errorf("%d: %+v", then, all)
		}
	}
}

// As many handlers work at a time as there are turns; one that waits for somebody else gives its turn away.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		turns := make(turns, 2)
		var entered []time.Duration
		for range 4 {
			leave, err := turns.enter(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer leave()
			entered = append(entered, time.Since(began))
		}
		if entered[1] != 0 || entered[2] != turnTime || entered[3] != turnTime {
			t.Errorf("entered after %v", entered)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		if _, err := turns.enter(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		time.Sleep(turnTime)
		leave, err := turns.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		leave()
		leave()
		if len(turns) != 0 {
			t.Errorf("%d turns are taken", len(turns))
		}
	})
}
