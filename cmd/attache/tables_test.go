package main

import (
	"os"
	"path/filepath"
	"testing"

	"attache/summarize/quote"
)

// quotes.tables is a folder beside the configuration, and what it says is known in addition to what is built in.
func TestOwnTables(t *testing.T) {
	dir := t.TempDir()
	for name, body := range map[string]string{
		"config.yaml": "quotes: {tables: own}\n", "own/en.txt": "[titles]\nmargrave\n[offices]\nmargrave:leader\n", "own/seats.txt": "[seats]\nmoonhouse:norland\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := loadConfig(filepath.Join(dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	find, err := cfg.find()
	if err != nil {
		t.Fatal(err)
	}
	d := quote.Doc{Lang: "en", Text: "Norland's Margrave Ida Brandt arrived by boat and greeted the crowd.\n“We shall stay for a week,” the Moonhouse margrave said, and left."}
	if qs := find(d); len(qs) != 1 || qs[0].Speaker != "Ida Brandt" {
		t.Errorf("with the tables: %+v", qs)
	}
	if qs := quote.Find(d); len(qs) != 1 || qs[0].Speaker == "Ida Brandt" {
		t.Errorf("without them: %+v", qs)
	}
}
