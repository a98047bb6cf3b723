package quote_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"attache/summarize/quote"
)

func TestLoadTables(t *testing.T) {
	d := quote.Doc{Lang: "en", Text: "Norland's Margrave Ida Brandt arrived by boat and greeted the crowd.\n“We shall stay for a week,” the Moonhouse margrave gurgled, and left. No more was said by anybody there."}
	if qs := quote.Find(d); len(qs) != 1 || qs[0].Verb == "gurgled" || qs[0].Speaker == "Ida Brandt" {
		t.Fatalf("the built-in tables know the words of the test: %+v", qs)
	}
	tables, err := quote.LoadTables(fstest.MapFS{
		"en.txt":    {Data: []byte("# more\n[endings]\nu e es ed\n[verbs]\ngurgl/u\n[titles]\nmargrave\n[offices]\nmargrave:leader\n")},
		"seats.txt": {Data: []byte("[seats]\nmoonhouse:norland\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	qs := tables.Find(d)
	if len(qs) != 1 || qs[0].Verb != "gurgled" || qs[0].Speaker != "Ida Brandt" {
		t.Errorf("%+v", qs)
	}
	if qs := tables.Find(quote.Doc{Lang: "en", Text: "“We stay,” Mara Lind said."}); len(qs) != 1 || qs[0].Speaker != "Mara Lind" {
		t.Errorf("the built-in words are lost: %+v", qs)
	}
	for name, want := range map[string]string{
		"[verb]\nsay":        `en.txt:1: no section is called [verb]; there are `,
		"say\n[verbs]":       `en.txt:1: words before the first section`,
		"[verbs]\n\nMutters": `en.txt:3: words must be in small letters: "Mutters"`,
	} {
		if _, err := quote.LoadTables(fstest.MapFS{"en.txt": {Data: []byte(name)}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
