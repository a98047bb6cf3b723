// Package spectest checks requests to Discord, and answers of the fake one, against Discord's own description of its
// API (OpenAPI 3.1). It is for tests only. The description lies beside the repository, in ../shared/discord, and is
// never part of the program.
//
// A body is checked twice. The lenient pass takes the description as it is. The strict pass refuses members that it
// does not name, which it would let through ("contnet" for "content"); members that say nothing (null, false, "") are
// taken out before, because libraries send them for what was not set.
package spectest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const (
	specFile = "../shared/discord/openapi.json" // from the root of the repository
	lenient  = "https://discord.example/openapi.json"
	strict   = "https://discord.example/strict.json"
)

// A Spec is the description, ready to check. It is safe for several goroutines.
type Spec struct {
	paths map[string]any

	mu       sync.Mutex
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema
}

// Checker returns Load(t).Request: what fakediscord.Options.Check takes.
func Checker(t testing.TB) func(r *http.Request, body []byte) error {
	t.Helper()
	return Load(t).Request
}

// Load returns the description. Without the file the test is skipped; where everything must run (ATTACHE_CI=1) it fails.
func Load(t testing.TB) *Spec {
	t.Helper()
	s, err := once()
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("ATTACHE_CI") != "1" {
		t.Skipf("%s is not there: requests cannot be checked against Discord's API description", specFile)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// once reads the description for all tests of a process, and compiles what is large: a test in which Discord gives three
// seconds has none to spare for that.
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
	s, err := parse(raw)
	if err != nil {
		return nil, err
	}
	for _, path := range []string{"/channels/1/messages", "/interactions/1/t/callback", "/webhooks/1/t/messages/@original"} {
		for _, method := range []string{http.MethodPost, http.MethodPatch} {
			r, err := http.NewRequest(method, "http://localhost"+path, nil)
			if err != nil {
				return nil, err
			}
			r.Header.Set("Content-Type", "application/json")
			_ = s.Request(r, []byte("{}")) // what it says of an empty body is of no interest
		}
	}
	return s, nil
})

func parse(raw []byte) (*Spec, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("spectest: %w", err)
	}
	closed, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("spectest: %w", err)
	}
	parts := map[string]bool{}
	partsOfAll(closed, parts)
	if components, ok := closed.(map[string]any)["components"].(map[string]any); ok {
		for name, schema := range components["schemas"].(map[string]any) {
			if !parts["#/components/schemas/"+name] {
				seal(schema)
			}
		}
	}
	paths, ok := doc.(map[string]any)["paths"].(map[string]any)
	if !ok {
		return nil, errors.New("spectest: the description has no paths")
	}
	seal(closed.(map[string]any)["paths"])
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	if err := c.AddResource(lenient, doc); err != nil {
		return nil, fmt.Errorf("spectest: %w", err)
	}
	if err := c.AddResource(strict, closed); err != nil {
		return nil, fmt.Errorf("spectest: %w", err)
	}
	return &Spec{paths: paths, compiler: c, schemas: map[string]*jsonschema.Schema{}}, nil
}

// partsOfAll collects the schemas that others are composed of by allOf: they cannot be sealed on their own. Forms with
// files do not count: only JSON bodies are looked into, and every message that takes files would stay open.
func partsOfAll(node any, parts map[string]bool) {
	switch n := node.(type) {
	case map[string]any:
		if all, ok := n["allOf"].([]any); ok {
			for _, part := range all {
				if p, ok := part.(map[string]any); ok {
					if ref, ok := p["$ref"].(string); ok {
						parts[ref] = true
					}
				}
			}
		}
		for key, child := range n {
			if key != "multipart/form-data" {
				partsOfAll(child, parts)
			}
		}
	case []any:
		for _, child := range n {
			partsOfAll(child, parts)
		}
	}
}

// seal refuses members that a schema does not name, in it and below; not in the parts of an allOf.
func seal(node any) {
	switch n := node.(type) {
	case map[string]any:
		_, composed := n["allOf"]
		_, named := n["properties"].(map[string]any)
		_, said := n["additionalProperties"]
		if kind := n["type"]; named && !composed && !said && (kind == "object" || kind == nil) {
			n["additionalProperties"] = false
		}
		for key, child := range n {
			if key != "allOf" && key != "example" && key != "examples" {
				seal(child)
			}
		}
	case []any:
		for _, child := range n {
			seal(child)
		}
	}
}

// schema compiles the schema at a JSON pointer, once.
func (s *Spec) schema(resource, pointer string) (*jsonschema.Schema, error) {
	at := resource + "#" + pointer
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.schemas[at]; c != nil {
		return c, nil
	}
	c, err := s.compiler.Compile(at)
	if err != nil {
		return nil, fmt.Errorf("compile %s: %w", pointer, err)
	}
	s.schemas[at] = c
	return c, nil
}

// An operation of the API.
type operation struct {
	pointer string // to it
	path    string // as the description writes it
	item    map[string]any
	op      map[string]any
	params  map[string]string // of the path
}

var version = regexp.MustCompile(`^/api/v\d+`)

// find returns the operation of a request; a path without variables wins over one with them.
func (s *Spec) find(method, path string) (operation, error) {
	segments := strings.Split(version.ReplaceAllString(path, ""), "/")
	var best operation
	fixed := -1
	for template, item := range s.paths {
		parts := strings.Split(template, "/")
		if len(parts) != len(segments) {
			continue
		}
		params, n := map[string]string{}, 0
		for i, part := range parts {
			if strings.HasPrefix(part, "{") {
				params[strings.Trim(part, "{}")] = segments[i]
			} else if part == segments[i] {
				n++
			} else {
				n = -1
				break
			}
		}
		if n <= fixed {
			continue
		}
		it, _ := item.(map[string]any)
		op, ok := it[strings.ToLower(method)].(map[string]any)
		if !ok {
			continue
		}
		fixed = n
		best = operation{path: template, item: it, op: op, params: params,
			pointer: "/paths/" + escape(template) + "/" + strings.ToLower(method)}
	}
	if fixed < 0 {
		return best, fmt.Errorf("discord has no %s %s", method, path)
	}
	return best, nil
}

// escape makes a member's name part of a JSON pointer in a URL fragment.
func escape(name string) string {
	return url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(name))
}

// Request checks a request: that its operation exists, its parameters, and its body. Only JSON bodies are looked into.
func (s *Spec) Request(r *http.Request, body []byte) error {
	o, err := s.find(r.Method, r.URL.Path)
	if err != nil {
		return err
	}
	if err := s.parameters(o, r.URL.Query()); err != nil {
		return err
	}
	content, _ := dig(o.op, "requestBody", "content").(map[string]any)
	_, takesJSON := content["application/json"]
	required, _ := dig(o.op, "requestBody", "required").(bool)
	switch {
	case len(body) == 0 && required:
		return errors.New("a body is required")
	case len(body) == 0:
		return nil
	case !takesJSON:
		return fmt.Errorf("%s takes no JSON", o.path)
	case !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json"):
		return fmt.Errorf("the Content-Type is %q", r.Header.Get("Content-Type"))
	}
	return s.check(o.pointer+"/requestBody/content/"+escape("application/json")+"/schema", body)
}

// Response checks an answer of the API: that the operation may have its status, and its JSON body by the lenient pass.
func (s *Spec) Response(method, path string, status int, body []byte) error {
	o, err := s.find(method, path)
	if err != nil {
		return err
	}
	responses, _ := o.op["responses"].(map[string]any)
	key := strconv.Itoa(status)
	if _, ok := responses[key]; !ok {
		key = string(key[0]) + "XX"
	}
	answer, ok := responses[key].(map[string]any)
	if !ok {
		return fmt.Errorf("%s %s is not answered with %d", method, o.path, status)
	}
	pointer := o.pointer + "/responses/" + key
	if ref, ok := answer["$ref"].(string); ok {
		pointer = strings.TrimPrefix(ref, "#")
	} else if dig(answer, "content", "application/json") == nil {
		if len(body) > 0 {
			return fmt.Errorf("%s %s answers %d without a body", method, o.path, status)
		}
		return nil
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("the answer is not JSON: %w", err)
	}
	schema, err := s.schema(lenient, pointer+"/content/"+escape("application/json")+"/schema")
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// Object checks a JSON object against one of the schemas that the description names, such as "MessageResponse", by the
// lenient pass. Events of the gateway have no operation, but hold such objects.
func (s *Spec) Object(name string, body []byte) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("the object is not JSON: %w", err)
	}
	schema, err := s.schema(lenient, "/components/schemas/"+escape(name))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// check passes a JSON body through both passes.
func (s *Spec) check(pointer string, body []byte) error {
	for _, resource := range []string{lenient, strict} {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
		if err != nil {
			return fmt.Errorf("the body is not JSON: %w", err)
		}
		if resource == strict {
			value = strip(value)
		}
		schema, err := s.schema(resource, pointer)
		if err != nil {
			return err
		}
		if err := schema.Validate(value); err != nil {
			return err
		}
	}
	return nil
}

// strip takes out the members that say nothing.
func strip(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, child := range v {
			if child == nil || child == false || child == "" {
				delete(v, key)
				continue
			}
			v[key] = strip(child)
		}
	case []any:
		for i := range v {
			v[i] = strip(v[i])
		}
	}
	return v
}

// dig returns the member at the end of keys, nil when there is none.
func dig(node map[string]any, keys ...string) any {
	var v any = node
	for _, key := range keys {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}
