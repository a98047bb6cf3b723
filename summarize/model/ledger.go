package model

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"
)

// A Payer is whom a call is made for.
type Payer struct {
	Guild, User string // ids of Discord; "" when the call is for nobody in particular
	Scheduled   bool   // for a digest, which may use the reserve
}

// Usage is what a call used.
type Usage struct {
	In, Out   int   // tokens of prompt and of reply, hidden reasoning included
	Cost      int64 // millionths of a US dollar, rounded up
	Estimated bool  // some of it is our estimate, because the endpoint said nothing or nothing credible
}

// A Call is one HTTP request that is about to be sent. Each attempt of a question is one.
type Call struct {
	Payer    Payer
	Purpose  string // "brief", "repair", "judge", "translate", "canary"
	Endpoint string // its name in the configuration
	Model    string
	Most     Usage // what it may use; booked until the true usage is known
}

// A Ledger books what calls cost. A call whose Close never came, because the program died, keeps what Open booked.
type Ledger interface {
	// Open books c.Most before the request is sent. Where a cap would be passed it books nothing and returns a *CapError,
	// wrapped or not.
	Open(ctx context.Context, c Call) (id int64, err error)
	// Close replaces what Open booked by what was used.
	Close(ctx context.Context, id int64, u Usage) error
}

// ErrCap is what every *CapError is: a spending cap would be passed.
var ErrCap = errors.New("a spending cap is reached")

// A CapError says which cap would be passed, and until when it holds.
type CapError struct {
	Scope  string // "installation", "guild", "user"
	Period string // "day", "month"
	Until  time.Time
}

func (e *CapError) Error() string {
	return fmt.Sprintf("the %s's spending cap of the %s is reached until %s", e.Scope, e.Period, e.Until.UTC().Format("2006-01-02 15:04 MST"))
}

// Is makes errors.Is(err, ErrCap) true.
func (e *CapError) Is(target error) bool { return target == ErrCap }

// A Price is in US dollars per million tokens. Zero is free.
type Price struct{ In, Out float64 }

const (
	maxCost   = 1e15    // millionths: a billion dollars, so that sums of costs never overflow
	maxTokens = 1 << 40 // of one call, whatever it reports, so that sums of tokens never overflow
)

// cost is exact but for the rounding up: dollars per million tokens are millionths of a dollar per token. What binary
// fractions add to a whole number (three tokens at 0.1 and 0.2 …) is not rounded up.
func (p Price) cost(in, out int) int64 {
	c := float64(in)*p.In + float64(out)*p.Out
	switch c = math.Ceil(c * (1 - 1e-12)); {
	case c > 0 && c < maxCost:
		return int64(c)
	case c <= 0:
		return 0
	}
	return maxCost // not a number, too
}

// Tokens estimates from above how many tokens a text is: a third of its ASCII bytes and half of the others. With cl100k an
// English article is .19 tokens a byte, JSON about .25 and Chinese .45. It is no bound: a tokenizer may make a token of
// every byte.
func Tokens(text string) int { return tokens([]byte(text)) }

func tokens(b []byte) int {
	ascii := 0
	for _, c := range b {
		if c < 0x80 {
			ascii++
		}
	}
	return (2*ascii + 3*(len(b)-ascii) + 5) / 6
}

// most is what a request may use.
func (e *Endpoint) most(body []byte, out int) Usage {
	u := Usage{In: tokens(body), Out: out, Estimated: true}
	u.Cost = e.Price.cost(u.In, u.Out)
	return u
}

// fewest is the smallest share of tokens per byte that is believed: no tokenizer makes tokens of 16 bytes on average.
const fewest = 1.0 / 16

// weigh makes what is booked of what the endpoint reports. What it does not report, or what cannot be so little, is
// replaced by what was reserved for it; of a reply that was read, by an estimate of its content where some was counted.
// A figure that is larger than expected is believed: whoever bills by it bills that.
func (e *Endpoint) weigh(r reported, most Usage, body []byte, content string) Usage {
	u := Usage{In: r.in, Out: r.out}
	if r.in > 0 {
		u.Out = max(u.Out, r.total-r.in) // some providers count hidden reasoning in the total only
	}
	if r.in <= 0 || float64(r.in) < fewest*float64(len(body)) {
		u.In, u.Estimated = max(r.in, most.In), true
	}
	switch {
	case r.out <= 0:
		u.Out, u.Estimated = max(u.Out, most.Out), true
	case float64(r.out) < fewest*float64(len(content)):
		u.Out, u.Estimated = max(u.Out, Tokens(content)), true
	}
	u.Cost = e.Price.cost(u.In, u.Out)
	return u
}
