package fakediscord_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"attache/internal/fakediscord"
)

// The rules of messages, those included that Discord's description of its API does not express (marked *).
func TestRules(t *testing.T) {
	_, base := start(t, fakediscord.Options{Route: fakediscord.Limit{Requests: 10000, Per: time.Second}})
	c := client{t: t, base: base}
	long := func(n int) string { return strings.Repeat("x", n) }
	row := func(id string) string {
		return `{"type":1,"components":[{"type":2,"style":1,"label":"x","custom_id":"` + id + `"}]}`
	}
	rows := func(n int) string {
		out := make([]string, n)
		for i := range out {
			out[i] = row(fmt.Sprint(i))
		}
		return strings.Join(out, ",")
	}
	many := func(n int, s string) string { return strings.TrimSuffix(strings.Repeat(s+",", n), ",") }
	for name, r := range map[string]struct {
		body string
		code int    // 0: taken
		at   string // the member that is named
	}{
		"text":                       {`{"content":"a"}`, 0, ""},
		"2000":                       {`{"content":"` + long(2000) + `"}`, 0, ""},
		"* 2001":                     {`{"content":"` + long(2001) + `"}`, 50035, "content"},
		"* 1001 emoji":               {`{"content":"` + strings.Repeat("😀", 1001) + `"}`, 50035, "content"},
		"* nothing":                  {`{}`, 50006, ""},
		"* only spaces":              {`{"content":" \n "}`, 50006, ""},
		"an embed":                   {`{"embeds":[{"description":"a"}]}`, 0, ""},
		"a picture":                  {`{"embeds":[{"image":{"url":"https://a.example/a.png"}}]}`, 0, ""},
		"* an embed of nothing":      {`{"embeds":[{"color":5}]}`, 50035, "description"},
		"ten embeds":                 {`{"embeds":[` + many(10, `{"title":"a"}`) + `]}`, 0, ""},
		"eleven embeds":              {`{"embeds":[` + many(11, `{"title":"a"}`) + `]}`, 50035, "embeds"},
		"title of 257":               {`{"embeds":[{"title":"` + long(257) + `"}]}`, 50035, "title"},
		"description of 4097":        {`{"embeds":[{"description":"` + long(4097) + `"}]}`, 50035, "description"},
		"footer of 2049":             {`{"embeds":[{"footer":{"text":"` + long(2049) + `"}}]}`, 50035, "footer"},
		"26 fields":                  {`{"embeds":[{"fields":[` + many(26, `{"name":"a","value":"b"}`) + `]}]}`, 50035, "fields"},
		"field without a value":      {`{"embeds":[{"fields":[{"name":"a"}]}]}`, 50035, "fields"},
		"6000 in all":                {`{"embeds":[{"description":"` + long(4000) + `"},{"description":"` + long(2000) + `"}]}`, 0, ""},
		"* 6001 in all":              {`{"embeds":[{"description":"` + long(4000) + `"},{"description":"` + long(2001) + `"}]}`, 50035, "embeds"},
		"another scheme":             {`{"embeds":[{"title":"a","url":"javascript:alert(1)"}]}`, 50035, "url"},
		"nonce of 25":                {`{"content":"a","nonce":"` + long(25) + `"}`, 0, ""},
		"nonce of 26":                {`{"content":"a","nonce":"` + long(26) + `"}`, 50035, "nonce"},
		"* enforced without nonce":   {`{"content":"a","enforce_nonce":true}`, 50035, "nonce"},
		"a nonce that is a number":   {`{"content":"a","nonce":12,"enforce_nonce":true}`, 0, ""},
		"parse and list":             {`{"content":"a","allowed_mentions":{"parse":["roles"],"roles":["5"]}}`, 50035, "allowed_mentions"},
		"five rows":                  {`{"content":"a","components":[` + rows(5) + `]}`, 0, ""},
		"* six rows":                 {`{"content":"a","components":[` + rows(6) + `]}`, 50035, "components"},
		"* one id twice":             {`{"content":"a","components":[` + row("a") + "," + row("a") + `]}`, 50035, "custom_id"},
		"id of 101":                  {`{"content":"a","components":[` + row(long(101)) + `]}`, 50035, "custom_id"},
		"* new component, no flag":   {`{"content":"a","components":[{"type":10,"content":"a"}]}`, 50035, "type"},
		"new component":              {`{"flags":32768,"components":[{"type":10,"content":"a"}]}`, 0, ""},
		"* new component and a text": {`{"content":"a","flags":32768,"components":[{"type":10,"content":"a"}]}`, 50035, "content"},
		"* 41 components":            {`{"flags":32768,"components":[` + many(41, `{"type":10,"content":"a"}`) + `]}`, 50035, "components"},
		"no JSON":                    {`{"content":`, 50109, ""},
		"a text that is a number":    {`{"content":5}`, 50035, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.t = t
			got := c.do("POST", "/channels/"+textID+"/messages", r.body)
			if r.code == 0 {
				if got.status != 200 {
					t.Errorf("%d: %s", got.status, got.body)
				}
				return
			}
			var e struct {
				Code   int             `json:"code"`
				Errors json.RawMessage `json:"errors"`
			}
			got.get(t, &e)
			if got.status != 400 || e.Code != r.code || !strings.Contains(string(e.Errors), r.at) {
				t.Errorf("%d: %s; want code %d at %s", got.status, got.body, r.code, r.at)
			}
		})
	}
}

// The rules of this project are noted, not enforced.
func TestViolations(t *testing.T) {
	for body, want := range map[string]string{
		fmt.Sprintf(good, "n"):                                                                            "",
		`{"content":"a","allowed_mentions":{"parse":[]}}`:                                                 "nonce",
		`{"content":"a","nonce":"n","allowed_mentions":{"parse":[]}}`:                                     "nonce",
		`{"content":"a","nonce":"n","enforce_nonce":true}`:                                                "parse",
		`{"content":"a","nonce":"n","enforce_nonce":true,"allowed_mentions":{"parse":null}}`:              "parse",
		`{"content":"a","nonce":"n","enforce_nonce":true,"allowed_mentions":{"parse":["everyone"]}}`:      "parse",
		`{"content":"a","nonce":"n","enforce_nonce":true,"allowed_mentions":{"parse":[],"roles":["77"]}}`: "",
	} {
		s, base := start(t, fakediscord.Options{})
		c := client{t: t, base: base}
		if r := c.do("POST", "/channels/"+textID+"/messages", body); r.status != 200 {
			t.Errorf("%s: %d", body, r.status)
		}
		if got := strings.Join(s.Violations(), "; "); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s: violations %q", body, got)
		}
	}
	bad := func(*http.Request, []byte) error { return fmt.Errorf("sample complaint") }
	s, base := start(t, fakediscord.Options{Check: bad})
	c := client{t: t, base: base}
	if r := c.do("GET", "/users/@me", ""); r.status != 400 || !strings.Contains(strings.Join(s.Violations(), ""), "sample complaint") {
		t.Errorf("what Check complains of: %d, %q", r.status, s.Violations())
	}
}
