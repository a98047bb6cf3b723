package model

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

//go:embed canary.txt
var canarySystem string

const (
	// windowShare of the configured context is filled: what a token is differs by a tenth between tokenizers.
	windowShare = 0.8
	// windowRest is kept free for the system text, the schema and the template of the chat.
	windowRest = 400
	// smallest filler that proves anything, in tokens.
	smallest = 256
	// filler has words that are a token each in every vocabulary of the last years, and four bytes at most with their space.
	filler = "the sun is up and the sea is far off a man sat by an oak and he had a cup of tea so it was a day as any "
)

var canarySchema = Schema{Name: "canary", JSON: json.RawMessage(
	`{"type":"object","properties":{"first":{"type":"string"},"last":{"type":"string"}},"required":["first","last"],"additionalProperties":false}`)}

// A Report says what a canary found and used.
type Report struct {
	Usage  Usage         // of both questions, as far as they were answered
	Window int           // tokens of the prompt that was seen from its first word to its last; 0 when that was not asked
	Took   time.Duration // of both
}

// Canary proves what is configured of an endpoint: that it is reached, that the key and the model are right and that the
// reply has the form that was asked for; with window, that a prompt of four fifths of Context arrives whole, which costs
// its tokens. Both ask for two random words, which a server that cuts prompts silently (Ollama) has lost one of.
//
// The error is a sentence that says what is wrong and what to change, and wraps what Ask returned.
func (c *Client) Canary(ctx context.Context, p Payer, window bool) (Report, error) {
	started := time.Now()
	var r Report
	_, err := c.canary(ctx, p, 0, &r.Usage)
	if err == nil && window && c.e.Context > 0 {
		size := min(int(windowShare*float64(c.e.Context)), c.e.Context-c.e.MaxOutput-windowRest)
		if size < smallest {
			err = fmt.Errorf("context: %d leaves no room beside max_output: %d; lower max_output, or raise context if the model has more", c.e.Context, c.e.MaxOutput)
		} else {
			r.Window, err = c.canary(ctx, p, size, &r.Usage)
		}
	}
	r.Took = time.Since(started)
	if err != nil {
		return r, fmt.Errorf("%s: %w", c.e.Name, err)
	}
	return r, nil
}

// canary asks for two words with so many tokens between them, and returns how many the endpoint counted.
func (c *Client) canary(ctx context.Context, p Payer, size int, used *Usage) (int, error) {
	first, last := word(), word()
	words := strings.Fields(strings.Repeat(filler, size/len(strings.Fields(filler))+1))[:size]
	a, err := c.Ask(ctx, Question{
		Purpose: "canary", Payer: p, Schema: canarySchema, System: canarySystem,
		User: "first word: " + first + "\n" + strings.Join(words, " ") + "\nlast word: " + last,
	})
	if err != nil {
		return 0, c.advise(err, size)
	}
	used.In, used.Out, used.Cost = used.In+a.Usage.In, used.Out+a.Usage.Out, used.Cost+a.Usage.Cost
	used.Estimated = used.Estimated || a.Usage.Estimated
	var got struct {
		First string `json:"first"`
		Last  string `json:"last"`
	}
	if err := Decode(a.Content, &got); err != nil {
		return 0, c.unstructured(err)
	}
	cut := size > 0 && (got.First != first || !a.Usage.Estimated && a.Usage.In < size/2)
	switch {
	case cut && !a.Usage.Estimated && a.Usage.In < size:
		return 0, fmt.Errorf("it saw %d of some %d tokens: its window is smaller than context: %d; set context to %d, or give it more (Ollama: num_ctx)",
			a.Usage.In, size, c.e.Context, a.Usage.In)
	case cut:
		return 0, fmt.Errorf("the start of a prompt of some %d tokens did not reach it: its window is smaller than context: %d; lower context, or give it more (Ollama: num_ctx)",
			size, c.e.Context)
	case got.First != first || got.Last != last:
		return 0, errors.New("it answers in the right form, but cannot repeat two words: it is too small a model for this, or another one than was configured")
	}
	return a.Usage.In, nil
}

// word is one that no model can guess: one of 75⁴, 3.2e7.
func word() string {
	var b strings.Builder
	for range 4 {
		b.WriteByte("bdfghjklmnprstv"[rand.N(15)])
		b.WriteByte("aeiou"[rand.N(5)])
	}
	return b.String()
}

// unstructured says what to try with an endpoint that answers, but not with the JSON that was asked for.
func (c *Client) unstructured(err error) error {
	switch c.e.Structured {
	case Strict:
		return fmt.Errorf("it does not keep to the schema: %w; set structured: json_object, or prompt", err)
	case JSONObject:
		return fmt.Errorf("it does not answer in JSON alone: %w; set structured: strict if it knows schemas, else prompt", err)
	}
	return fmt.Errorf("it does not answer in JSON alone: %w; set structured: strict or json_object if it knows them, else take another model", err)
}

// advise turns an error of Ask into what to change. size is 0 for the small question.
func (c *Client) advise(err error, size int) error {
	var h *HTTPError
	var reply *ReplyError
	var lost *lostError
	switch {
	case errors.Is(err, ErrCap), errors.Is(err, ErrOpen):
		return fmt.Errorf("it was not asked: %w", err)
	case errors.Is(err, ErrQuota):
		return fmt.Errorf("the account of the key has no credit left; top it up, or use another key: %w", err)
	case errors.As(err, &h):
		return c.adviseStatus(h, err, size)
	case errors.As(err, &reply):
		switch reply.Kind {
		case Truncated:
			return fmt.Errorf("max_output: %d is too little for the model, which may think before it answers; raise it: %w", c.e.MaxOutput, err)
		case Malformed, NoBody, NoChoice:
			return fmt.Errorf("base_url does not lead to an OpenAI-compatible API, whose address mostly ends in /v1: %w", err)
		}
		return fmt.Errorf("it did not answer as asked: %w", err)
	case errors.As(err, &lost) && errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("it took too long; raise timeout (now %s), or take a faster model: %w", c.e.Timeout, err)
	case errors.As(err, &lost) && lost.cause == nil:
		return fmt.Errorf("it cannot be reached; is base_url right, and the server running? %w", err)
	}
	return err
}

func (c *Client) adviseStatus(h *HTTPError, err error, size int) error {
	about := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(h.Code+" "+h.Detail, w) {
				return true
			}
		}
		return false
	}
	switch {
	case h.Status == http.StatusUnauthorized || h.Status == http.StatusForbidden:
		return fmt.Errorf("the key was refused; check the variable, or the file, that it is read from: %w", err)
	case h.Status == http.StatusTooManyRequests:
		return fmt.Errorf("the key is right as far as can be told, but its limit of requests is reached: %w", err)
	case h.Status >= 500:
		return fmt.Errorf("the endpoint has a fault of its own; try again later: %w", err)
	case h.Status == http.StatusNotFound && !about("model"):
		return fmt.Errorf("nothing is at base_url, which mostly ends in /v1, or it has no model %q: %w", c.e.Model, err)
	case h.Status == http.StatusNotFound, about("model_not_found"):
		return fmt.Errorf("it has no model %q; check its name: %w", c.e.Model, err)
	case size > 0 && (h.Status == http.StatusBadRequest || h.Status == http.StatusRequestEntityTooLarge):
		return fmt.Errorf("it refused a prompt of some %d tokens: its window is smaller than context: %d; lower context: %w", size, c.e.Context, err)
	case about("max_tokens", "max_completion_tokens"):
		other := MaxTokens
		if c.e.CapField == MaxTokens {
			other = MaxCompletionTokens
		}
		return fmt.Errorf("it does not take %s: %d; set cap_field: %s, or lower max_output: %w", c.e.CapField, c.e.MaxOutput, other, err)
	case c.e.Temperature != nil && about("temperature"):
		return fmt.Errorf("it does not take temperature: %g; leave it out: %w", *c.e.Temperature, err)
	case c.e.Structured != Prompt && about("response_format", "json_schema", "schema", "format"):
		return c.unstructured(err)
	}
	return fmt.Errorf("it refused the request: %w", err)
}
