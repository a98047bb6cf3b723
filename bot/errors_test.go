package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"attache/internal/store"
	"attache/sources"

	"github.com/rogpeppe/go-internal/txtar"
)

// causes are errors that cannot be brought about by asking.
var causes = map[string]error{
	"exists": fmt.Errorf("save: %w", store.ErrExists), "full": fmt.Errorf("save: %w", store.ErrFull), "slow": fmt.Errorf("ask: %w", context.DeadlineExceeded),
	"other": errors.New("the marker of an inner error"), "problem": fmt.Errorf("read: %w", &sources.Problem{Sentence: "The page *asks* for a password."}),
}

// TestErrors plays testdata/ask/errors.txtar: interactions as Discord sends them (server 9 is blocked), with the request that answered each, in
// English and in German. LOCALE is that of who asks; the command "fails" fails with what its option says. Where a file is
// named "…-N", it is asked N times, and the last answer counts.
func TestErrors(t *testing.T) {
	const file = "testdata/ask/errors.txtar"
	ar, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got []txtar.File
	for _, f := range ar.Files {
		name, ok := strings.CutSuffix(f.Name, ".json")
		if !ok {
			continue
		}
		got = append(got, f)
		for _, locale := range []string{"en-GB", "de"} {
			d, w, log := newDesk(t, nil)
			block := func(q *store.Q, _ store.Jobs) error { return q.BlockGuild(t.Context(), "9", "the marker of a reason") }
			if err := d.bot.db.InTx(t.Context(), block); err != nil {
				t.Fatal(err)
			}
			now := deskNow
			d.services.Now = func() time.Time { return now }
			d.crowd = newCrowd(d.services.Now)
			d.table.commands = append(d.table.commands, command{name: "fails", options: []parameter{{name: "how", kind: optionText, max: 20}},
				run: func(_ context.Context, r *request) (reply, error) { return reply{}, causes[r.text("how")] }})
			times := 1
			if _, n, ok := strings.Cut(name, "-"); ok {
				fmt.Sscan(n, &times)
			}
			for range times {
				handled(t, d, strings.ReplaceAll(string(f.Data), "LOCALE", locale))
			}
			all := w.answers()
			if len(all) != times {
				t.Fatalf("%s: %d answers to %d", name, len(all), times)
			}
			raw, err := json.MarshalIndent(all[times-1].body, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			text := string(raw)
			if ref := reference8.FindString(text); ref != "" {
				if !strings.Contains(log.String(), "ref="+ref) {
					t.Errorf("%s: the log does not have the reference %s", name, ref)
				}
				text = strings.ReplaceAll(text, ref, "REFERENCE")
			}
			got = append(got, txtar.File{Name: name + "." + locale[:2], Data: fmt.Appendf(nil, "%s %s\n%s\n", all[times-1].method, all[times-1].path, unescaped.Replace(text))})
		}
	}
	if *update {
		ar.Files = got
		if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if len(got) != len(ar.Files) {
		t.Fatalf("%d files, want %d", len(got), len(ar.Files))
	}
	for i, f := range got {
		if f.Name != ar.Files[i].Name || string(f.Data) != string(ar.Files[i].Data) {
			t.Errorf("%s:\n%s", f.Name, f.Data)
		}
	}
}

var (
	reference8 = regexp.MustCompile(`\b[0-9a-f]{8}\b`)
	unescaped  = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&")
	holes      = regexp.MustCompile(`\\\{[a-z_]+\\\}`) // {name}, quoted for a regular expression
)

// Every sentence that tells of an error is in some golden, in each language: one that is not has never been read where it
// stands.
func TestErrorsAreRead(t *testing.T) {
	texts, err := readTexts()
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	err = filepath.WalkDir("testdata/ask", func(path string, _ os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".txtar") {
			var ar *txtar.Archive
			if ar, err = txtar.ParseFile(path); err == nil {
				for _, f := range ar.Files {
					if f.Name != "ask" && !strings.HasSuffix(f.Name, ".json") {
						all.Write(f.Data)
					}
				}
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for lang, c := range texts {
		for key, text := range c.texts {
			if !strings.HasPrefix(key, "error.") {
				continue
			}
			sentence := regexp.MustCompile(holes.ReplaceAllString(regexp.QuoteMeta(text), ".+?"))
			if !sentence.MatchString(all.String()) {
				t.Errorf("no golden has %s in %s: %q", key, lang, text)
			}
		}
	}
}
