package model

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/sashabaranov/go-openai"
)

// attempt asks once. The go-openai client lives for one attempt and holds no key: printed, it would show it.
func (c *Client) attempt(ctx context.Context, q Question) (Answer, error) {
	x := &exchange{c: c, q: q}
	config := openai.DefaultConfig("") // its configuration for Anthropic sends no key and a parameter nobody knows
	config.BaseURL, config.HTTPClient = c.e.BaseURL, x
	reply, err := openai.NewClientWithConfig(config).CreateChatCompletion(ctx, c.request(q))
	switch {
	case err == nil && len(reply.Choices) == 1:
		return Answer{Content: reply.Choices[0].Message.Content, Usage: x.used}, nil
	case x.sent && x.err == nil:
		return Answer{}, &ReplyError{Malformed, c.redact.text(fmt.Sprint(err))}
	case x.sent:
		return Answer{}, x.err
	}
	return Answer{}, fmt.Errorf("make the request: %s", c.redact.text(fmt.Sprint(err)))
}

// request leaves out what go-openai judges by the model's name (it refuses max_tokens, and a temperature, of every
// "gpt-5…", "o1…", "o3…", "o4…") and what it drops (a temperature of 0): mend puts that in.
func (c *Client) request(q Question) openai.ChatCompletionRequest {
	r := openai.ChatCompletionRequest{Model: c.e.Model}
	if q.System != "" {
		r.Messages = append(r.Messages, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleSystem, Content: q.System})
	}
	r.Messages = append(r.Messages, openai.ChatCompletionMessage{Role: openai.ChatMessageRoleUser, Content: q.User})
	switch c.e.Structured {
	case Strict:
		r.ResponseFormat = &openai.ChatCompletionResponseFormat{
			Type: openai.ChatCompletionResponseFormatTypeJSONSchema,
			// Raw, because jsonschema.Definition knows neither minItems nor pattern.
			JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{Name: q.Schema.Name, Schema: q.Schema.JSON, Strict: true},
		}
	case JSONObject:
		r.ResponseFormat = &openai.ChatCompletionResponseFormat{Type: openai.ChatCompletionResponseFormatTypeJSONObject}
	}
	return r
}

// mend completes a request of go-openai's and returns its body.
func (c *Client) mend(req *http.Request, maxOutput int) ([]byte, error) {
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, err
	}
	put := func(name string, v any) {
		if err == nil {
			members[name], err = json.Marshal(v)
		}
	}
	put(c.e.CapField, maxOutput)
	if c.e.Temperature != nil {
		put("temperature", *c.e.Temperature)
	}
	if c.e.Structured == Strict && openRouter(req.URL) {
		// Else it may pick a provider that ignores the schema.
		put("provider", map[string]bool{"require_parameters": true})
	}
	delete(members, "stream") // false; it is the default everywhere
	if err != nil {
		return nil, err
	}
	body, err := json.Marshal(members)
	if err != nil {
		return nil, err
	}
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.Header.Set("User-Agent", "attache")
	c.auth(req.Header)
	return body, nil
}

func openRouter(u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	return host == "openrouter.ai" || strings.HasSuffix(host, ".openrouter.ai")
}
