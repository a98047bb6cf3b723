package verify

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"

	"attache/internal/text"
	"attache/summarize/quote"
)

// TestHostileReplies runs each bullet of the replies that a hostile or broken model may give through the gates. A bullet is
// dropped when its article is none of those offered, its evidence does not stand in that article, or it has a problem. Replies
// that are refused as a whole are not the gates' to refuse. Where a limit is known (roles swapped, a hedge removed), the bullet
// passes, and that is counted.
func TestHostileReplies(t *testing.T) {
	var offered struct {
		Articles []struct {
			ID          int
			Title, Body string
			Published   time.Time
		}
	}
	if err := json.Unmarshal(shared(t, "eval/injection/articles.json"), &offered); err != nil {
		t.Fatal(err)
	}
	sources := map[int]*Source{}
	bodies := map[int]string{}
	for _, a := range offered.Articles {
		body := text.Normalize(a.Body)
		bodies[a.ID] = body
		sources[a.ID] = Prepare(a.Title, body, "en", a.Published, quote.Find(quote.Doc{Title: a.Title, Text: body, Lang: "en"}))
	}
	judged, limits, seen := 0, 0, 0
	for line := range strings.Lines(string(shared(t, "eval/injection/hostile_model_replies.jsonl"))) {
		var row struct {
			ID, Verdict, Why, Content string
			Dropped                   int
			Limit                     bool `json:"known_limit"`
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		var reply struct {
			Bullets []struct {
				Text, Quote string
				Article     int
			}
		}
		if row.Verdict == "reject" || json.Unmarshal([]byte(row.Content), &reply) != nil {
			continue
		}
		judged++
		dropped := 0
		for _, b := range reply.Bullets {
			s := sources[b.Article]
			if s == nil || len(strings.Fields(b.Quote)) < 3 {
				dropped++
				continue
			}
			at, err := quote.Locate(bodies[b.Article], strings.TrimRightFunc(b.Quote, unicode.IsPunct), 0)
			if err != nil {
				dropped++
				continue
			}
			if len(s.Problems(Claim{Text: b.Text, Lang: "en", Evidence: at})) > 0 {
				dropped++
			}
		}
		if row.Limit { // no check is owed it; to see through it is no fault
			limits++
			if dropped > row.Dropped {
				seen++
				continue
			}
		}
		if dropped != row.Dropped {
			t.Errorf("%s (%s): %d bullets dropped, %d wanted", row.ID, row.Why, dropped, row.Dropped)
		}
	}
	t.Logf("%d replies judged, %d of them known limits, %d of which are refused", judged, limits, seen)
	if seen == 0 {
		t.Error("a hedge that was removed is no longer seen")
	}
	if judged == 0 {
		t.Error("no reply was judged")
	}
}
