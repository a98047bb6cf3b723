package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// may says what each package may import of this module, as docs/architecture.md draws it. A package that is not named
// here fails the test: whoever adds one says where it stands.
var may = map[string][]string{
	"internal/text":                 {},
	"internal/story":                {"internal/text"},
	"sources":                       {"internal/text"},
	"summarize/quote":               {"internal/text"},
	"summarize/model":               {},
	"summarize/verify":              {"internal/text", "summarize/quote"},
	"summarize":                     {"internal/text", "summarize/model", "summarize/quote", "summarize/verify"},
	"internal/store":                {"internal/text", "internal/story", "sources", "summarize", "summarize/quote", "summarize/model"},
	"internal/store/storetest":      {},
	"internal/ingest":               {"internal/text", "internal/story", "internal/store", "sources", "summarize/quote"},
	"internal/digest":               {"internal/text", "internal/story", "internal/store", "summarize", "summarize/model", "summarize/quote"},
	"internal/fakediscord":          {},
	"internal/fakediscord/spectest": {"internal/fakediscord"},
	"internal/fakellm":              {"internal/text"},
	"internal/fakellm/spectest":     {},
	"bot":                           {"internal/text", "internal/digest", "internal/store", "sources", "summarize", "summarize/model"},
	"internal/preview":              {"bot", "internal/digest", "internal/fakediscord", "internal/fakellm"},
	"cmd/attache/newsroom":          {},
	"cmd/attache/watch":             {"internal/store"},
	"cmd/attache":                   {"*"},
	"internal/e2e":                  {"*"},
	"internal/e2e/process":          {},
	"internal/e2e/crash":            {"internal/e2e/process", "internal/fakediscord", "internal/fakellm", "internal/store"},
	"internal/e2e/killloop":         {"internal/e2e/crash", "internal/e2e/process", "internal/store/storetest"},
}

// onlyTests are packages that no program may contain.
var onlyTests = []string{"internal/fakediscord/spectest", "internal/fakellm/spectest", "internal/store/storetest", "internal/e2e",
	"internal/e2e/process", "internal/e2e/crash", "internal/e2e/killloop"}

// fakes may be in the program for the demo and the preview only.
var fakes = []string{"internal/fakediscord", "internal/fakellm"}

func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "attache/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for n := 0; ; n++ {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			if n < len(may)/2 {
				t.Errorf("go list named %d packages only", n)
			}
			return
		} else if err != nil {
			t.Fatal(err)
		}
		from := strings.TrimPrefix(p.ImportPath, "attache/")
		allowed, known := may[from]
		if !known {
			t.Errorf("%s is not in the table of this test; say what it may import", from)
			continue
		}
		for _, imp := range p.Imports {
			to, ours := strings.CutPrefix(imp, "attache/")
			if !ours {
				continue
			}
			if !has(allowed, to) && !has(allowed, "*") {
				t.Errorf("%s imports %s, against the order of the packages (docs/architecture.md)", from, to)
			}
			if has(onlyTests, to) && !has(onlyTests, from) {
				t.Errorf("%s imports %s, which is for tests only", from, to)
			}
			if has(fakes, to) && from != "cmd/attache" && from != "internal/preview" && !has(onlyTests, from) {
				t.Errorf("%s imports the fake %s", from, to)
			}
		}
	}
}

func has(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
