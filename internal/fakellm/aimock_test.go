package fakellm_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"attache/internal/fakellm"
	"attache/internal/fakellm/spectest"
)

// aimock starts an OpenAI-compatible server that nobody here wrote, and returns its base URL; it takes key and plays
// testdata/aimock/fixtures.json. ./test installs it where there is npm.
func aimock(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("testdata/aimock")
	if err != nil {
		t.Fatal(err)
	}
	cli := filepath.Join("node_modules", "@copilotkit", "aimock", "dist", "cli.js")
	node, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(dir, cli))
	}
	if err != nil {
		if _, npm := exec.LookPath("npm"); npm == nil && os.Getenv("ATTACHE_CI") == "1" {
			t.Fatalf("aimock is not installed: %v", err)
		}
		t.Skipf("aimock is not installed: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 2*time.Minute)
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, node, cli, "--port", "0", "--host", "127.0.0.1", "--fixtures", "fixtures.json", "--strict", "--validate-on-load")
	c.Dir = dir
	c.Env = append(os.Environ(), "AIMOCK_API_KEYS="+key)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = c.Stdout
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = c.Wait() }) // killed, which is an error
	var said []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said = append(said, lines.Text())
		if _, url, ok := strings.Cut(lines.Text(), "listening on "); ok {
			go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the process
			return url + "/v1"
		}
	}
	t.Fatalf("aimock did not start: %q", said)
	return ""
}

// post sends a chat request to a server and returns its answer, JSON of the shape that OpenAI describes.
func post(t *testing.T, base, bearer string, body []byte) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", base+"/chat/completions", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+bearer)
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, b
}

// shape lists the members of a JSON value with their types.
func shape(at string, v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, child := range v {
			shape(at+"."+name, child, into)
		}
	case []any:
		for _, child := range v {
			shape(at+"[]", child, into)
		}
	default:
		into[fmt.Sprintf("%s %T", at, v)] = true
	}
}

// Two servers that do not know each other answer with the same members, of the same types, and the same headers that
// matter, and both as OpenAI describes it.
func TestLikeAnotherServer(t *testing.T) {
	theirs := aimock(t)
	s := fakellm.New(fakellm.Options{Key: key, FaultAt: map[int]fakellm.Fault{3: fakellm.Fault429, 4: fakellm.Fault500, 6: fakellm.FaultTruncated}})
	web := httptest.NewServer(s)
	defer web.Close()
	for _, c := range []struct {
		name, user, schema string
		status             int
	}{
		{"plain", "case: plain", "", 200},
		{"schema", "case: schema", "brief", 200},
		{"429", "case: retry", "", 429},
		{"500", "case: retry", "", 500},
		{"after that", "case: retry", "", 200},
		{"length", "case: length", "", 200},
	} {
		in := body(t, "Answer.", c.user, c.schema, nil)
		spectest.Request(t, in)
		shapes, finish, limit := []map[string]bool{}, []string{}, []string{}
		for _, base := range []string{theirs, web.URL + "/v1"} {
			res, b := post(t, base, key, in)
			if res.StatusCode != c.status {
				t.Errorf("%s: %s answers %d: %s", c.name, base, res.StatusCode, b)
			}
			spectest.Response(t, res.StatusCode, b)
			var v any
			var r reply
			if err := json.Unmarshal(b, &v); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(b, &r); err != nil {
				t.Fatal(err)
			}
			if len(r.Choices) > 0 {
				finish = append(finish, r.Choices[0].FinishReason)
			}
			into := map[string]bool{}
			shape("", v, into)
			shapes = append(shapes, into)
			limit = append(limit, res.Header.Get("Retry-After"))
		}
		if !maps.Equal(shapes[0], shapes[1]) {
			t.Errorf("%s: the members are\n%v\nand\n%v", c.name, slices.Sorted(maps.Keys(shapes[0])), slices.Sorted(maps.Keys(shapes[1])))
		}
		if len(slices.Compact(finish)) > 1 || len(slices.Compact(limit)) != 1 {
			t.Errorf("%s: finished for %q, Retry-After %q", c.name, finish, limit)
		}
	}
	for _, base := range []string{theirs, web.URL + "/v1"} {
		if res, b := post(t, base, "sk-fake-other", body(t, "Answer.", "case: plain", "", nil)); res.StatusCode != 401 {
			t.Errorf("%s takes another key: %d, %s", base, res.StatusCode, b)
		}
	}
}
