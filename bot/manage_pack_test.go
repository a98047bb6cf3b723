package bot

import (
	"context"
	"strings"
	"testing"

	"attache/internal/store"
)

// How far a pack is follows from the rows: what was visited, what cannot be read and why; at the end nothing is to be pressed.
func TestPackIsFollowed(t *testing.T) {
	o, _, _ := managersOffice(t)
	chosen := o.step(managed{Name: "source pack", Options: map[string]any{"tier": "state"}}, nil)
	added := o.step(managed{Press: "Read these 3 sources"}, []asked{chosen})
	var subs []store.Subscription
	o.write(func(ctx context.Context, q *store.Q) (err error) {
		subs, err = q.Subscriptions(ctx, guildID)
		subs = subs[len(subs)-3:]
		for i, s := range subs[:2] {
			s.Source.LastVisit = o.now()
			if i == 1 {
				s.Source.Error, s.Source.Failures = "The server did not answer in time. Try again later.", 1
			} else {
				s.Source.LastSuccess = o.now()
			}
			if serr := q.SaveVisit(ctx, s.Source); serr != nil {
				return serr
			}
		}
		return err
	})
	half := o.step(managed{Press: "How far is it?"}, []asked{added})
	if got := half.shown(t); !strings.Contains(got, "2 of 3 sources were visited") || !strings.Contains(got, "1 of them cannot be read") ||
		!strings.Contains(got, shownName(subs[1].Name)) || !strings.Contains(got, "did not answer in time") || !strings.Contains(got, "How far is it?") {
		t.Errorf("half way:\n%s", got)
	}
	o.write(func(ctx context.Context, q *store.Q) error {
		s := subs[2].Source
		s.LastVisit, s.LastSuccess = o.now(), o.now()
		return q.SaveVisit(ctx, s)
	})
	if got := o.step(managed{Press: "How far is it?"}, []asked{half}).shown(t); !strings.Contains(got, "3 of 3") || strings.Contains(got, "How far is it?") {
		t.Errorf("at the end:\n%s", got)
	}
	// Pressed once more, the button adds nothing again.
	if got := o.step(managed{Press: "Read these 3 sources", Forged: true}, []asked{chosen}).shown(t); !strings.Contains(got, "no longer of use") {
		t.Errorf("pressed again:\n%s", got)
	}
}
