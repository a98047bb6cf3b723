// Package spectest checks chat requests, and answers to them, against OpenAI's own description of its API (OpenAPI 3.1).
// It is for tests only. The description lies beside the repository, in ../shared/openai, and is never part of the program.
//
// It is stricter than the description in three things: members that it does not name are refused ("max_token" for
// "max_tokens"), the name of a schema must be of the letters that the description only tells of in words, and a message
// must say something.
package spectest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const (
	specFile = "../shared/openai/chat.openapi.json" // from the root of the repository
	resource = "https://openai.example/chat.json"
)

// A Spec is the description, ready to check. It is safe for several goroutines.
type Spec struct {
	request, response, models, failure *jsonschema.Schema
}

// Checker returns what fakellm.Options.Check takes: chat requests are checked, others must be of an operation there is.
func Checker(t testing.TB) func(r *http.Request, body []byte) error {
	t.Helper()
	s := Load(t)
	return func(r *http.Request, body []byte) error {
		switch at := r.Method + " " + strings.TrimPrefix(r.URL.Path, "/v1"); {
		case at == "GET /models":
			return nil
		case at != "POST /chat/completions":
			return fmt.Errorf("the API has no %s", at)
		case !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
			return fmt.Errorf("the Content-Type is %q", r.Header.Get("Content-Type"))
		}
		return s.Request(body)
	}
}

// Request fails the test when body is no valid chat request.
func Request(t testing.TB, body []byte) {
	t.Helper()
	if err := Load(t).Request(body); err != nil {
		t.Errorf("a request is not valid: %v\n%s", err, body)
	}
}

// Response fails the test when body is no valid answer to a chat request: a completion with status 200, an error otherwise.
func Response(t testing.TB, status int, body []byte) {
	t.Helper()
	if err := Load(t).Response(status, body); err != nil {
		t.Errorf("an answer with status %d is not valid: %v\n%s", status, err, body)
	}
}

// Load returns the description. Without the file the test is skipped; where everything must run (ATTACHE_CI=1) it fails.
func Load(t testing.TB) *Spec {
	t.Helper()
	s, err := once()
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("ATTACHE_CI") != "1" {
		t.Skipf("%s is not there: nothing can be checked against OpenAI's API description", specFile)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var once = sync.OnceValues(func() (*Spec, error) {
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(root)
		if parent == root {
			return nil, errors.New("spectest: no go.mod above the working directory")
		}
		root = parent
	}
	raw, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(specFile)))
	if err != nil {
		return nil, err
	}
	return parse(raw)
})

func parse(raw []byte) (*Spec, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("spectest: %w", err)
	}
	parts := map[string]bool{}
	partsOfAll(doc, parts)
	top, _ := doc.(map[string]any)
	components, _ := top["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)
	if len(schemas) == 0 {
		return nil, errors.New("spectest: the description has no schemas")
	}
	for name, schema := range schemas {
		if !parts["#/components/schemas/"+name] {
			seal(schema)
		}
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource(resource, doc); err != nil {
		return nil, fmt.Errorf("spectest: %w", err)
	}
	s := &Spec{}
	for name, to := range map[string]**jsonschema.Schema{
		"CreateChatCompletionRequest": &s.request, "CreateChatCompletionResponse": &s.response,
		"ListModelsResponse": &s.models, "ErrorResponse": &s.failure,
	} {
		if *to, err = c.Compile(resource + "#/components/schemas/" + name); err != nil {
			return nil, fmt.Errorf("spectest: compile %s: %w", name, err)
		}
	}
	return s, nil
}

// partsOfAll collects the schemas that others are composed of by allOf: they cannot be sealed on their own.
func partsOfAll(node any, parts map[string]bool) {
	switch n := node.(type) {
	case map[string]any:
		all, _ := n["allOf"].([]any)
		for _, part := range all {
			if p, ok := part.(map[string]any); ok {
				if ref, ok := p["$ref"].(string); ok {
					parts[ref] = true
				}
			}
		}
		for _, child := range n {
			partsOfAll(child, parts)
		}
	case []any:
		for _, child := range n {
			partsOfAll(child, parts)
		}
	}
}

// seal refuses members that a schema does not name, in it and below. What is composed is sealed as a whole.
func seal(node any) {
	switch n := node.(type) {
	case map[string]any:
		_, composed := n["allOf"]
		_, named := n["properties"].(map[string]any)
		_, said := n["additionalProperties"]
		switch {
		case composed:
			n["unevaluatedProperties"] = false
		case named && !said && n["type"] == "object":
			n["additionalProperties"] = false
		}
		for key, child := range n {
			if key == "allOf" {
				for _, part := range child.([]any) {
					sealBelow(part)
				}
			} else {
				seal(child)
			}
		}
	case []any:
		for _, child := range n {
			seal(child)
		}
	}
}

// sealBelow seals what is in the properties of a part.
func sealBelow(part any) {
	p, _ := part.(map[string]any)
	properties, _ := p["properties"].(map[string]any)
	for _, child := range properties {
		seal(child)
	}
}

var schemaName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,64}$`)

// Request checks the body of a chat request.
func (s *Spec) Request(body []byte) error {
	v, err := validate(s.request, body)
	if err != nil {
		return err
	}
	request := v.(map[string]any)
	for i, m := range request["messages"].([]any) {
		if content, ok := m.(map[string]any)["content"].(string); ok && strings.TrimSpace(content) == "" {
			return fmt.Errorf("messages[%d] has an empty content", i)
		}
	}
	if format, ok := request["response_format"].(map[string]any); ok && format["type"] == "json_schema" {
		if name := format["json_schema"].(map[string]any)["name"].(string); !schemaName.MatchString(name) {
			return fmt.Errorf("the schema's name %q has other characters than a-z, A-Z, 0-9, _ and -, or more than 64", name)
		}
	}
	return nil
}

// Response checks the body of an answer to a chat request.
func (s *Spec) Response(status int, body []byte) error {
	schema := s.response
	if status != http.StatusOK {
		schema = s.failure
	}
	_, err := validate(schema, body)
	return err
}

// Models checks the body of the list of models.
func (s *Spec) Models(body []byte) error {
	_, err := validate(s.models, body)
	return err
}

func validate(schema *jsonschema.Schema, body []byte) (any, error) {
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("the body is not JSON: %w", err)
	}
	return v, schema.Validate(v)
}
