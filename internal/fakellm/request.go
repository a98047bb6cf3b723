package fakellm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// A Request is a decoded chat request.
type Request struct {
	Model       string
	Messages    []Message
	Cap         int    // tokens of output that were asked for, by either name; 0 is none
	CapField    string // its name
	Temperature *float64
	Format      string // type of response_format, "" when there is none
	SchemaName  string
	Schema      json.RawMessage
	Strict      bool
}

// A Message of a request. Content in parts is joined.
type Message struct{ Role, Content string }

// System is the text of all system and developer messages.
func (r Request) System() string { return r.text("system", "developer") }

// User is the text of all user messages.
func (r Request) User() string { return r.text("user") }

func (r Request) text(roles ...string) string {
	var parts []string
	for _, m := range r.Messages {
		if slices.Contains(roles, m.Role) {
			parts = append(parts, m.Content)
		}
	}
	return strings.Join(parts, "\n")
}

// The members that a chat request may have (CreateChatCompletionRequest). Those that this server cannot honour are
// refused all the same, see parse.
var members = strings.Fields(`model messages max_tokens max_completion_tokens temperature top_p response_format
	n stream seed stop presence_penalty frequency_penalty logit_bias logprobs top_logprobs user safety_identifier
	prompt_cache_key prompt_cache_retention prompt_cache_options metadata store service_tier reasoning_effort verbosity
	modalities audio prediction moderation web_search_options stream_options tools tool_choice parallel_tool_calls
	functions function_call`)

var schemaName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// parse decodes a chat request and says what OpenAI would say of it, model by model. The request is filled as far as it
// could be read.
func (s *Server) parse(r *http.Request, body []byte) (Request, Model, *apiError) {
	var q Request
	var m Model
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return q, m, malformed(fmt.Sprintf("you must send JSON with Content-Type: application/json, not %q", r.Header.Get("Content-Type")))
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(body, &raw); err != nil || raw == nil {
		return q, m, malformed("We could not parse the JSON body of your request. (The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)")
	}
	var in struct {
		Model    *string
		Messages []struct {
			Role    string
			Content json.RawMessage
		}
		MaxTokens           *int `json:"max_tokens"`
		MaxCompletionTokens *int `json:"max_completion_tokens"`
		Temperature         *float64
		TopP                *float64 `json:"top_p"`
		N                   *int
		Stream              *bool
		ResponseFormat      *struct {
			Type       string
			JSONSchema *struct {
				Name   string
				Schema json.RawMessage
				Strict *bool
			} `json:"json_schema"`
		} `json:"response_format"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return q, m, malformed("Invalid type: " + err.Error())
	}
	if in.Model == nil || *in.Model == "" {
		return q, m, malformed("you must provide a model parameter")
	}
	q.Model, q.Temperature = *in.Model, in.Temperature
	i := slices.IndexFunc(s.o.Models, func(m Model) bool { return m.Name == q.Model })
	if i < 0 {
		return q, m, &apiError{http.StatusNotFound, "invalid_request_error", "", "model_not_found",
			fmt.Sprintf("The model `%s` does not exist or you do not have access to it.", q.Model)}
	}
	m = s.o.Models[i]

	if len(in.Messages) == 0 {
		return q, m, invalid("messages", "empty_array", "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.")
	}
	for i, msg := range in.Messages {
		at := fmt.Sprintf("messages[%d]", i)
		if !slices.Contains([]string{"system", "developer", "user", "assistant"}, msg.Role) {
			return q, m, invalid(at+".role", "invalid_value", "Invalid value: '%s'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.", msg.Role)
		}
		text, err := contentOf(msg.Content)
		if err != nil || strings.TrimSpace(text) == "" {
			return q, m, invalid(at+".content", "invalid_type", "Invalid type for '%s.content': expected a string that is not empty.", at)
		}
		q.Messages = append(q.Messages, Message{msg.Role, text})
	}

	for _, cap := range []struct {
		name  string
		value *int
	}{{"max_tokens", in.MaxTokens}, {"max_completion_tokens", in.MaxCompletionTokens}} {
		switch {
		case cap.value == nil:
		case m.CapField != "" && cap.name != m.CapField && m.Lax:
		case m.CapField != "" && cap.name != m.CapField:
			return q, m, invalid(cap.name, "unsupported_parameter", "Unsupported parameter: '%s' is not supported with this model. Use '%s' instead.", cap.name, m.CapField)
		case *cap.value < 1:
			return q, m, invalid(cap.name, "integer_below_min_value", "Invalid '%s': integer below minimum value. Expected a value >= 1, but got %d instead.", cap.name, *cap.value)
		case q.Cap > 0:
			return q, m, invalid(cap.name, "invalid_parameter_combination", "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.")
		default:
			q.Cap, q.CapField = *cap.value, cap.name
		}
	}
	for _, p := range []struct {
		name  string
		value *float64
		max   float64
	}{{"temperature", in.Temperature, 2}, {"top_p", in.TopP, 1}} {
		switch {
		case p.value == nil:
		case *p.value > p.max:
			return q, m, invalid(p.name, "decimal_above_max_value", "Invalid '%s': decimal above maximum value. Expected a value <= %g, but got %g instead.", p.name, p.max, *p.value)
		case *p.value < 0:
			return q, m, invalid(p.name, "decimal_below_min_value", "Invalid '%s': decimal below minimum value. Expected a value >= 0, but got %g instead.", p.name, *p.value)
		case m.FixedTemperature && *p.value != 1 && !m.Lax:
			return q, m, invalid(p.name, "unsupported_value", "Unsupported value: '%s' does not support %g with this model. Only the default (1) value is supported.", p.name, *p.value)
		}
	}
	for name := range raw {
		if !slices.Contains(members, name) && !m.Lax {
			return q, m, malformed("Unrecognized request argument supplied: " + name)
		}
	}
	// What this program must never ask for.
	for _, name := range []string{"tools", "functions", "tool_choice", "web_search_options"} {
		if _, ok := raw[name]; ok {
			return q, m, invalid(name, "unsupported_parameter", "Unsupported parameter: '%s'. This server offers no tools.", name)
		}
	}
	if in.Stream != nil && *in.Stream || in.N != nil && *in.N != 1 {
		return q, m, malformed("Unsupported value: this server gives one answer, and not as a stream.")
	}

	if in.ResponseFormat != nil {
		q.Format = in.ResponseFormat.Type
		if js := in.ResponseFormat.JSONSchema; js != nil {
			q.SchemaName, q.Schema, q.Strict = js.Name, js.Schema, js.Strict != nil && *js.Strict
		}
		return q, m, q.format(m, in.ResponseFormat.JSONSchema != nil)
	}
	return q, m, nil
}

// format says what is wrong with response_format. A Lax server forgets what it does not take.
func (q *Request) format(m Model, schema bool) *apiError {
	takes := map[string][]string{
		"": {"text", "json_object", "json_schema"}, "strict": {"text", "json_object", "json_schema"},
		"json_object": {"text", "json_object"}, "prompt": {},
	}[m.Structured]
	switch {
	case !slices.Contains([]string{"text", "json_object", "json_schema"}, q.Format):
		return invalid("response_format.type", "invalid_value", "Invalid value: '%s'. Supported values are: 'text', 'json_object', and 'json_schema'.", q.Format)
	case !slices.Contains(takes, q.Format) && m.Lax:
		q.Format, q.SchemaName, q.Schema, q.Strict = "", "", nil, false
		return nil
	case !slices.Contains(takes, q.Format):
		return invalid("response_format", "unsupported_parameter", "Invalid parameter: 'response_format' of type '%s' is not supported with this model.", q.Format)
	case q.Format == "json_object" && !strings.Contains(strings.ToLower(q.System()+q.User()), "json"):
		return invalid("messages", "", "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.")
	case q.Format != "json_schema":
		return nil
	case !schema || q.SchemaName == "":
		return invalid("response_format.json_schema.name", "missing_required_parameter", "Missing required parameter: 'response_format.json_schema.name'.")
	case !schemaName.MatchString(q.SchemaName):
		return invalid("response_format.json_schema.name", "invalid_value", "Invalid 'response_format.json_schema.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.")
	}
	if !q.Strict {
		return nil
	}
	var node any
	if err := json.Unmarshal(q.Schema, &node); err != nil {
		return invalid("response_format.json_schema.schema", "invalid_type", "Invalid type for 'response_format.json_schema.schema': expected an object.")
	}
	if top, ok := node.(map[string]any); !ok || top["type"] != "object" {
		return invalid("response_format", "", "Invalid schema for response_format '%s': schema must be a JSON Schema of 'type: \"object\"'.", q.SchemaName)
	}
	if wrong := strictly(node, "()"); wrong != "" {
		return invalid("response_format", "", "Invalid schema for response_format '%s': %s", q.SchemaName, wrong)
	}
	return nil
}

// Keywords that are not part of the strict subset of JSON Schema everywhere ("structured outputs", "supported schemas").
var notStrict = strings.Fields(`allOf oneOf not if then else default dependentRequired dependentSchemas patternProperties
	unevaluatedProperties uniqueItems contains minLength maxLength`)

// strictly returns what is wrong with a schema in strict mode, "" when nothing is.
func strictly(node any, at string) string {
	n, ok := node.(map[string]any)
	if !ok {
		return ""
	}
	for _, key := range notStrict {
		if _, ok := n[key]; ok {
			return fmt.Sprintf("In context=%s, '%s' is not permitted.", at, key)
		}
	}
	properties, _ := n["properties"].(map[string]any)
	if n["type"] == "object" {
		if n["additionalProperties"] != false {
			return fmt.Sprintf("In context=%s, 'additionalProperties' is required to be supplied and to be false.", at)
		}
		required, _ := n["required"].([]any)
		for name := range properties {
			if !slices.Contains(required, any(name)) {
				return fmt.Sprintf("In context=%s, 'required' is required to be supplied and to be an array including every key in properties. Missing '%s'.", at, name)
			}
		}
	}
	below := map[string]any{"items": n["items"]}
	for name, child := range properties {
		below["properties/"+name] = child
	}
	for i, child := range list(n["anyOf"]) {
		below[fmt.Sprint("anyOf/", i)] = child
	}
	for _, defs := range []string{"$defs", "definitions"} {
		d, _ := n[defs].(map[string]any)
		for name, child := range d {
			below[defs+"/"+name] = child
		}
	}
	for at, child := range below {
		if wrong := strictly(child, "("+at+")"); wrong != "" {
			return wrong
		}
	}
	return ""
}

func list(v any) []any { l, _ := v.([]any); return l }

// contentOf reads a message's content: a string, or parts of which only text is taken.
func contentOf(raw json.RawMessage) (string, error) {
	var s string
	if err := json.Unmarshal(raw, &s); err == nil && !bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		return s, nil
	}
	var parts []struct{ Type, Text string }
	if err := json.Unmarshal(raw, &parts); err != nil {
		return "", err
	}
	var texts []string
	for _, p := range parts {
		if p.Type != "text" {
			return "", fmt.Errorf("a part of type %q", p.Type)
		}
		texts = append(texts, p.Text)
	}
	return strings.Join(texts, "\n"), nil
}
