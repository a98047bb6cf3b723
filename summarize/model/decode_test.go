package model

import (
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
)

type testBrief struct {
	Headline string       `json:"headline"`
	Bullets  []testBullet `json:"bullets"`
}

type testBullet struct {
	Text    string  `json:"text"`
	Article int     `json:"article"`
	Quote   string  `json:"quote"`
	Weight  float64 `json:"weight,omitempty"`
	Note    *string `json:"note,omitempty"`
}

func TestDecode(t *testing.T) {
	const bullet = `{"text":"Talks began.","article":1,"quote":"the talks began"}`
	const brief = `{"headline":"Talks","bullets":[` + bullet + `]}`
	for _, tc := range []struct{ name, content, want string }{ // want: "" is taken, else part of the error
		{"whole", brief, ""},
		{"white space", "\n " + strings.ReplaceAll(brief, ",", " ,\t\r\n") + "\n", ""},
		{"many bullets", `{"headline":"Talks","bullets":[` + strings.Repeat(bullet+",", 3*maxDepth) + bullet + `]}`, ""},
		{"members in another order", `{"bullets":[],"headline":"Talks"}`, ""},
		{"escapes", `{"headline":"\u0054alks \ud83d\udd4a \"quoted\" \\ud800 \/","bullets":[]}`, ""},
		{"escaped name", `{"\u0068eadline":"Talks","bullets":[]}`, ""},
		{"pointer", `{"headline":"","bullets":[{"text":"","article":1,"quote":"","weight":0.5,"note":null},{"text":"","article":-2,"quote":"","note":"x"}]}`, ""},

		{"empty", ``, "not JSON"},
		{"prose", `The talks began.`, "not JSON"},
		{"fence", "```json\n" + brief + "\n```", "not JSON"},
		{"text after it", brief + "\nI hope this helps!", "not JSON"},
		{"text before it", "Here it is: " + brief, "not JSON"},
		{"two objects", brief + brief, "not JSON"},
		{"cut", brief[:len(brief)-9], "not JSON"},
		{"byte order mark", "\ufeff" + brief, "not JSON"},
		{"single quotes", `{'headline':'x','bullets':[]}`, "not JSON"},
		{"comma at the end", `{"headline":"x","bullets":[],}`, "not JSON"},
		{"comment", `{"headline":"x","bullets":[]} // done`, "not JSON"},
		{"raw line end", "{\"headline\":\"a\nb\",\"bullets\":[]}", "not JSON"},
		{"invalid UTF-8", "{\"headline\":\"a\xff\",\"bullets\":[]}", "UTF-8"},
		{"first half of a pair", `{"headline":"a\ud83d","bullets":[]}`, "surrogate"},
		{"first half, then a letter", `{"headline":"\uD83Dx","bullets":[]}`, "surrogate"},
		{"first half, then an escape", `{"headline":"\ud83d\n","bullets":[]}`, "surrogate"},
		{"second half", `{"headline":"\udd4a","bullets":[]}`, "surrogate"},
		{"two first halves", `{"headline":"\ud83d\ud83d","bullets":[]}`, "surrogate"},
		{"halves in the wrong order", `{"headline":"\udd4a\ud83d","bullets":[]}`, "surrogate"},
		{"half in a name", `{"headline":"a","bullets":[],"\ud83d":1}`, "surrogate"},

		{"null", `null`, "the reply is null"},
		{"array", `[` + brief + `]`, "the reply is not an object"},
		{"string", `"x"`, "the reply is not an object"},
		{"unknown member", `{"headline":"x","bullets":[],"post_to":"general"}`, `"post_to", which was not asked for`},
		{"unknown member below", `{"headline":"x","bullets":[{"text":"","article":1,"quote":"","url":"x"}]}`, `bullets[0] has the member "url"`},
		{"another case", `{"Headline":"x","bullets":[]}`, "headline is missing"},
		{"another case beside", `{"headline":"x","HEADLINE":"y","bullets":[]}`, `"HEADLINE", which`},
		{"a letter that folds to k", `{"headline":"x","bullets":[],"bulletſ":[]}`, "which was not asked for"},
		{"twice", `{"headline":"x","headline":"x","bullets":[]}`, `"headline" stands twice`},
		{"twice, escaped", `{"headline":"x","\u0068eadline":"y","bullets":[]}`, `"headline" stands twice`},
		{"twice below", `{"headline":"x","bullets":[{"text":"","article":1,"quote":"","quote":""}]}`, `"quote" stands twice`},
		{"missing", `{"headline":"x"}`, "bullets is missing"},
		{"missing below", `{"headline":"x","bullets":[` + bullet + `,{"text":"x","article":1}]}`, "bullets[1].quote is missing"},
		{"null string", `{"headline":null,"bullets":[]}`, "headline is null"},
		{"null array", `{"headline":"x","bullets":null}`, "bullets is null"},
		{"null entry", `{"headline":"x","bullets":[null]}`, "bullets[0] is null"},
		{"null number", `{"headline":"x","bullets":[{"text":"","article":null,"quote":""}]}`, "article is null"},
		{"number for a string", `{"headline":1,"bullets":[]}`, "cannot unmarshal number"},
		{"string for a number", `{"headline":"x","bullets":[{"text":"","article":"1","quote":""}]}`, "cannot unmarshal string"},
		{"fraction for a whole number", `{"headline":"x","bullets":[{"text":"","article":1.5,"quote":""}]}`, "cannot unmarshal number"},
		{"number that is too large", `{"headline":"x","bullets":[{"text":"","article":99999999999999999999,"quote":""}]}`, "cannot unmarshal number"},
		{"object for an array", `{"headline":"x","bullets":{}}`, "bullets is not an array"},
		{"string for an array", `{"headline":"x","bullets":"none"}`, "bullets is not an array"},
		{"array for an object", `{"headline":"x","bullets":[[]]}`, "bullets[0] is not an object"},
		{"bool for a string", `{"headline":true,"bullets":[]}`, "cannot unmarshal bool"},

		{"deep", `{"headline":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`, "nested"},
		{"very deep", strings.Repeat("[", 200_000), "not JSON"},
		{"deep enough to end a stack", strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000), "nested"},
		{"many values", `{"headline":"x","bullets":[` + strings.Repeat("0,", maxValues) + `0]}`, "too many"},
		{"long", `{"headline":"` + strings.Repeat("x", maxContent) + `","bullets":[]}`, "bytes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := testBrief{Headline: "before", Bullets: []testBullet{{Text: "before", Weight: 7}}}
			v := testBrief{Headline: "before", Bullets: []testBullet{{Text: "before", Weight: 7}}} // nothing of it stays
			err := Decode(tc.content, &v)
			if tc.want == "" {
				var plain testBrief
				if err != nil || json.Unmarshal([]byte(tc.content), &plain) != nil || !reflect.DeepEqual(v, plain) {
					t.Errorf("%+v, %v", v, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) || len(err.Error()) > 300 {
				t.Errorf("error %v, want %q", err, tc.want)
			}
			if !reflect.DeepEqual(v, before) {
				t.Errorf("it was changed to %+v", v)
			}
		})
	}
}

func TestDecodeTypes(t *testing.T) {
	type inner struct{ A int }
	type odd struct {
		Any   any             `json:"any"`
		Raw   json.RawMessage `json:"raw"`
		Map   map[string]int  `json:"map"`
		Two   [2]int          `json:"two"`
		Inner *inner          `json:"inner"`
		Skip  int             `json:"-"`
		own   int
	}
	ok := `{"any":{"x":[1,null]},"raw":{"y":1},"map":{"a":1},"two":[1,2],"inner":{"A":3}}`
	var v odd
	if err := Decode(ok, &v); err != nil || v.Inner.A != 3 || string(v.Raw) != `{"y":1}` || v.own != 0 {
		t.Errorf("%+v, %v", v, err)
	}
	for change, to := range map[string]string{
		`"x":[1,null]`: `"x":1,"x":2`,
		`{"y":1}`:      `{"y":1,"y":1}`,
		`"map":{`:      `"map":[{`,
		`{"a":1}`:      `{"a":null}`,
		`[1,2]`:        `[1,2,3]`,
		`"two":[1,2]`:  `"two":[1]`,
		`{"A":3}`:      `{"a":3}`,
		`"any"`:        `"Any"`,
		`"inner":`:     `"Skip":1,"inner":`,
		`"raw":`:       `"own":1,"raw":`,
	} {
		if err := Decode(strings.Replace(ok, change, to, 1), &v); err == nil {
			t.Errorf("%s for %s was taken", to, change)
		}
	}
	if err := Decode(strings.Replace(ok, `{"a":1}`, `[1]`, 1), &v); err == nil {
		t.Error("an array was taken for a map")
	}
	if err := Decode(`{}`, v); err == nil {
		t.Error("it decoded into a value")
	}
	if err := Decode(`{}`, (*odd)(nil)); err == nil {
		t.Error("it decoded into nil")
	}
	type embedded struct{ inner }
	if err := Decode(`{"A":1}`, &embedded{}); err == nil {
		t.Error("embedded fields were taken")
	}
}

// twice returns a name that an object at some depth has twice, by another reader of JSON than ours.
func twice(content string) (string, error) {
	d := json.NewDecoder(strings.NewReader(content))
	type frame struct {
		seen map[string]bool // nil in an array
		name bool            // a name comes next
	}
	var stack []frame
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		top := len(stack) - 1
		if s, ok := tok.(string); ok && top >= 0 && stack[top].name {
			if stack[top].seen[s] {
				return s, nil
			}
			stack[top].seen[s], stack[top].name = true, false
			continue
		}
		switch tok {
		case json.Delim('{'):
			stack = append(stack, frame{map[string]bool{}, true})
			continue
		case json.Delim('['):
			stack = append(stack, frame{})
			continue
		case json.Delim('}'), json.Delim(']'):
			stack = stack[:top]
		}
		if top = len(stack) - 1; top >= 0 && stack[top].seen != nil {
			stack[top].name = true
		}
	}
}

// What is taken says exactly what was written: encoded again it is the same value, and no name stands twice. Run it with
// -fuzzminimizetime=50x: shortening each new input for a minute leaves no time for others.
func FuzzDecode(f *testing.F) {
	const bullet = `{"text":"Talks began.","article":1,"quote":"the talks began"}`
	for _, s := range []string{
		`{"headline":"Talks","bullets":[` + bullet + `]}`, `{"headline":"\ud83d\udd4a","bullets":[]}`, `{"headline":"a","headline":"b","bullets":[]}`,
		`{"headline":"a","bullets":[{"text":"","article":-0,"quote":"","weight":1e3,"note":null}]}`, `{"\u0068eadline":"\ud83d","bullets":[]}`,
		`null`, `[]`, `{"Headline":1}`, "```json\n{}\n```", "{\"headline\":\"\x7f\u2028\",\"bullets\":[ ]}", `{"headline":"x","bullets":[],"any":{"a":{"a":1}}}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, content string) {
		var v testBrief
		if err := Decode(content, &v); err == nil {
			same(t, content, v)
		}
		var a any
		if err := Decode(content, &a); err == nil {
			same(t, content, a)
		}
	})
}

func same(t *testing.T, content string, v any) {
	t.Helper()
	again, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var was, is any
	if err := json.Unmarshal([]byte(content), &was); err != nil {
		t.Fatalf("%q was taken: %v", content, err)
	}
	if err := json.Unmarshal(again, &is); err != nil {
		t.Fatal(err)
	}
	if was, is := plain(was), plain(is); !reflect.DeepEqual(was, is) {
		t.Errorf("%q was taken as %s", content, again)
	}
	if name, err := twice(content); err != nil || name != "" {
		t.Errorf("%q was taken: %q stands twice, %v", content, name, err)
	}
}

// plain leaves out what omitempty leaves out: the two members of a bullet that need not be there.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, child := range v {
			if (name == "weight" && child == 0.0) || (name == "note" && child == nil) {
				continue
			}
			out[name] = plain(child)
		}
		return out
	case []any:
		out := []any{}
		for _, child := range v {
			out = append(out, plain(child))
		}
		return out
	}
	return v
}

func BenchmarkDecode(b *testing.B) {
	var bullets []string
	for n := range 6 {
		bullets = append(bullets, fmt.Sprintf(`{"text":"%s","article":%d,"quote":"%s"}`, strings.Repeat("Talks began. ", 12), n+1, strings.Repeat("the talks began ", 6)))
	}
	content := `{"headline":"Talks","bullets":[` + strings.Join(bullets, ",") + `]}`
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		var v testBrief
		if err := Decode(content, &v); err != nil {
			b.Fatal(err)
		}
	}
}
