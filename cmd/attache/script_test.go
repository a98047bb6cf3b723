package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"attache/internal/fakediscord"
	"attache/internal/fakellm"
	"attache/internal/store"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"attache": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			os.Exit(run(ctx, os.Args[1:], terminal{os.Stdin, os.Stdout, os.Stderr}))
		},
	})
}

// TestScript runs the program as a person would, each testdata/script/*.txtar in a folder of its own. $WEB is a web server
// of good and bad sources that the configuration in $WORK/config.yaml lets through, $PRESS a site without a feed; $PRIVATE is
// one that it does not let through. $LLM
// is an endpoint with a model that keeps to schemas ("strict"), one that does not ("plain"), and one that cuts prompts.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                "testdata/script",
		RequireUniqueNames: true,
		Setup: func(e *testscript.Env) error {
			web := httptest.NewServer(http.HandlerFunc(badWeb))
			private := httptest.NewServer(http.HandlerFunc(badWeb))
			discord := fakediscord.New(fakediscord.Options{Token: "fake.token.for-tests", Guilds: []fakediscord.Guild{{
				ID: "1180000000000000001", Name: "Test", Channels: []fakediscord.Channel{{ID: "1190000000000000001", Name: "news"}},
			}}})
			api, err := discord.Start("127.0.0.1:0")
			if err != nil {
				return err
			}
			llm := httptest.NewServer(fakellm.New(fakellm.Options{Key: "fake-key-for-tests", Models: []fakellm.Model{
				{Name: "strict"}, {Name: "plain", Structured: "prompt"}, {Name: "cutting", Context: 4096, Cuts: true},
			}}))
			e.Defer(llm.Close)
			e.Setenv("LLM", llm.URL+"/v1")
			e.Defer(web.Close)
			e.Defer(private.Close)
			e.Defer(func() { discord.Close() })
			e.Setenv("WEB", web.URL)
			press := httptest.NewServer(http.HandlerFunc(feedlessWeb))
			e.Defer(press.Close)
			e.Setenv("PRESS", press.URL)
			e.Setenv("PRIVATE", private.URL)
			config := fmt.Sprintf("store:\n  url: sqlite:attache.db\ndiscord:\n  api_base_url: %s\nsources:\n  host_gap: 0s\n  timeout: 3s\n  allow_private: ['%s', '%s']\n",
				api, strings.TrimPrefix(web.URL, "http://"), strings.TrimPrefix(press.URL, "http://"))
			return os.WriteFile(e.Getenv("WORK")+"/config.yaml", []byte(config), 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			// configure PART NEW makes a configuration of $WORK/config.yaml and a part with $VARIABLES.
			"configure": func(ts *testscript.TestScript, _ bool, args []string) {
				all := ts.ReadFile("config.yaml") + os.Expand(ts.ReadFile(args[0]), ts.Getenv)
				ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(all), 0o600))
			},
			// hold FILE is a bot that runs on a database until the end of the script.
			"hold": func(ts *testscript.TestScript, _ bool, args []string) {
				db, err := store.Open(context.Background(), "sqlite:"+ts.MkAbs(args[0]), store.Options{Lock: true})
				ts.Check(err)
				ts.Defer(func() { ts.Check(db.Close()) })
			},
			// newer FILE makes a database claim that a newer version made it.
			"newer": func(ts *testscript.TestScript, _ bool, args []string) {
				db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
				ts.Check(err)
				_, err = db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)")
				ts.Check(err)
				ts.Check(db.Close())
			},
		},
	})
}

const goodFeed = `<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour Gazette</title><link>http://harbour.example/</link><language>en</language>
<item><title>Ministers meet in Porto</title><link>/1</link><pubDate>Mon, 02 Mar 2026 06:00:00 GMT</pubDate><description>Ministers of five states met in Porto on Monday to speak about fishing. “We agree on the fish,” said Ana Reis-Lobo.</description></item>
<item><title>Second</title><link>/2</link><description>Two.</description></item>
<item><title>Third</title><link>/3</link><description>Three.</description></item>
<item><title>Fourth</title><link>/4</link><description>Four.</description></item></channel></rss>`

// badWeb answers as good and bad sources do.
func badWeb(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/feed.xml":
		w.Header().Set("Content-Type", "application/rss+xml")
		fmt.Fprint(w, goodFeed)
	case "/site":
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<html><head><link rel="alternate" type="application/rss+xml" href="/feed.xml"></head><body>Hello</body></html>`)
	case "/image.png":
		w.Header().Set("Content-Type", "image/png")
		w.Write([]byte("\x89PNG\r\n\x1a\n0000"))
	case "/huge.xml":
		w.Header().Set("Content-Type", "application/rss+xml")
		fmt.Fprint(w, `<rss version="2.0"><channel><title>Huge</title>`)
		item := bytes.Repeat([]byte("<item><title>x</title><description>"+strings.Repeat("word ", 2000)+"</description></item>\n"), 100)
		for range 60 { // 60 MB
			if _, err := w.Write(item); err != nil {
				return
			}
		}
	case "/endless.xml":
		w.Header().Set("Content-Type", "application/rss+xml")
		fmt.Fprint(w, `<rss version="2.0"><channel><title>Endless</title>`)
		for {
			if _, err := fmt.Fprint(w, "<item><title>again</title></item>\n"); err != nil {
				return
			}
			if f, ok := w.(http.Flusher); ok {
				f.Flush()
			}
			select {
			case <-r.Context().Done():
				return
			default:
			}
		}
	default:
		http.NotFound(w, r)
	}
}

// feedlessWeb is a page that lists its articles, and nothing else.
func feedlessWeb(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/press" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprint(w, `<html lang="en"><head><title>Press of the harbour</title></head><body><ul class="news"><li><span>3 March 2026</span> <a href="/press/ministers-meet-in-porto">Ministers meet in Porto to talk</a></li><li><span>2 March 2026</span> <a href="/press/embassy-in-lima-reopens">The embassy in Lima reopens</a></li><li><span>1 March 2026</span> <a href="/press/statement-on-the-ferry">Statement on the ferry</a></li></ul></body></html>`)
}
