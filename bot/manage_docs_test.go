package bot

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

const commandsFile = "../docs/commands.md"

// kinds of options, as people know them.
var optionKinds = map[int]string{optionText: "text", optionNumber: "number", optionYes: "yes or no", optionChannel: "channel", optionRole: "role", optionFile: "file"}

// TestCommandsDocument makes docs/commands.md of the table of commands and of testdata/commands.txtar, and fails when the
// file is another: run it with -update then.
func TestCommandsDocument(t *testing.T) {
	texts, err := readTexts()
	if err != nil {
		t.Fatal(err)
	}
	ar, err := txtar.ParseFile("testdata/commands.txtar")
	if err != nil {
		t.Fatal(err)
	}
	more := map[string]string{}
	for _, f := range ar.Files {
		more[f.Name] = string(f.Data)
	}
	table, en := newTable(), texts["en"]
	var b strings.Builder
	b.WriteString(`# Commands

Made from the table of commands by ` + "`go test ./bot -run TestCommandsDocument -update`" + `; what is not in the table does not exist.

An answer is seen by the one who asked alone, unless *Post in this channel* is pressed below it. Long answers have pages.
Options marked with … are suggested while they are typed, from what this server has. Discord shows names and descriptions in
English and German, in the language of whoever types.

The pictures are drawn from what the bot answers in its tests, by ` + "`go test ./internal/preview -run TestPictures -update`" + `; outlets, people and
words in them are invented.

`)
	pictures := map[string][]picture{}
	for _, p := range readPictures(t) {
		pictures[p.command] = append(pictures[p.command], p)
		if _, err := os.Stat("../docs/pictures/" + p.name + ".png"); err != nil {
			t.Errorf("%v: go test ./internal/preview -run TestPictures -update draws it", err)
		}
	}
	part := func(head string, manager bool) {
		b.WriteString("## " + head + "\n\n")
		for _, c := range table.commands {
			if c.manager == manager {
				b.WriteString(section(t, en, c, more[c.name], pictures[c.name]))
				delete(more, c.name)
			}
		}
	}
	part("For everybody", false)
	part("For those who manage the server", true)
	for name := range more {
		t.Errorf("testdata/commands.txtar tells of %q, which is no command", name)
	}
	got := strings.TrimRight(b.String(), "\n") + "\n"
	if *update {
		if err := os.WriteFile(commandsFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(commandsFile)
	if err != nil || string(want) != got {
		t.Errorf("%s is stale (%v): run this test with -update", commandsFile, err)
	}
}

var exampleOption = regexp.MustCompile(`(?: |^)([a-z]+):\S`)

// section is what the document says of one command.
func section(t *testing.T, en catalogue, c command, more string, pictures []picture) string {
	t.Helper()
	example, what, _ := strings.Cut(more, "\n")
	if example == "" || strings.TrimSpace(what) == "" {
		t.Errorf("testdata/commands.txtar does not tell of %q", c.name)
		return ""
	}
	key := strings.ReplaceAll(c.name, " ", ".")
	var b strings.Builder
	if c.menu {
		fmt.Fprintf(&b, "### %s\n\n%s.\n\n%s\n", en.text("menu."+c.name), upperFirst(en.text("menu."+c.name+".help")), strings.TrimSpace(what))
	} else {
		if name, rest, _ := strings.Cut(strings.TrimPrefix(example, "/"+c.name), " "); name != "" || !strings.HasPrefix(example, "/") {
			t.Errorf("the example of /%s is %q", c.name, example)
		} else {
			for _, m := range exampleOption.FindAllStringSubmatch(rest, -1) {
				if !slices.ContainsFunc(c.options, func(p parameter) bool { return p.name == m[1] }) {
					t.Errorf("the example of /%s has the option %q", c.name, m[1])
				}
			}
		}
		fmt.Fprintf(&b, "### /%s\n\n%s.\n\n%s\n", c.name, en.text("command."+key), strings.TrimSpace(what))
	}
	if len(c.options) > 0 {
		b.WriteString("\n| option | is | means |\n|---|---|---|\n")
		ordered := slices.Clone(c.options)
		slices.SortStableFunc(ordered, func(a, b parameter) int { return rank(a) - rank(b) })
		for _, p := range ordered {
			is := optionKinds[p.kind]
			if len(p.choices) > 0 {
				var names []string
				for _, v := range p.choices {
					names = append(names, en.text("choice."+v))
				}
				is = strings.Join(names, ", ")
			} else if p.kind == optionNumber {
				is = fmt.Sprintf("%d to %d", p.min, p.max)
			}
			if p.complete {
				is += " …"
			}
			if p.required {
				is += ", needed"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", p.name, is, strings.ReplaceAll(en.text("option."+key+"."+p.name), "|", `\|`))
		}
	}
	may := "everybody who may use commands here"
	if c.manager {
		may = "who has Manage Server, and the roles of `/admin settings`"
	}
	fmt.Fprintf(&b, "\nWho may: %s. Example: `%s`\n\n", may, example)
	for _, p := range pictures {
		fmt.Fprintf(&b, "![%s](pictures/%s.png)\n\n", p.alt, p.name)
	}
	return b.String()
}

func rank(p parameter) int {
	if p.required {
		return 0
	}
	return 1
}

func upperFirst(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Every command and option of managers has a name and a description that Discord takes, in both languages, and no two of
// a command have the same name in either.
func TestManagersTexts(t *testing.T) {
	texts, err := readTexts()
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`^[-_\p{Ll}\p{N}\p{Lo}]{1,32}$`)
	table := newTable()
	for lang, c := range texts {
		seen := map[string]bool{}
		check := func(scope, key string) {
			n, d := c.texts[key+".name"], c.texts[key]
			if !name.MatchString(n) || d == "" || units(d) > 100 {
				t.Errorf("%s: %s is %q, %q", lang, key, n, d)
			}
			if seen[scope+" "+n] {
				t.Errorf("%s: %s has the name %q twice", lang, scope, n)
			}
			seen[scope+" "+n] = true
		}
		for _, cmd := range table.commands {
			if !cmd.manager {
				continue
			}
			top, _, _ := strings.Cut(cmd.name, " ")
			if !seen["top "+top] {
				seen["top "+top] = true
				check("the table", "command."+top)
			}
			key := strings.ReplaceAll(cmd.name, " ", ".")
			check(top, "command."+key)
			for _, p := range cmd.options {
				check(cmd.name, "option."+key+"."+p.name)
				for _, v := range p.choices {
					if c.texts["choice."+v] == "" {
						t.Errorf("%s: choice.%s has no name", lang, v)
					}
				}
			}
		}
	}
	hole := regexp.MustCompile(`\{[a-z]+\}`)
	for key, s := range texts["en"].texts {
		other, ok := texts["de"].texts[key]
		a, b := hole.FindAllString(s, -1), hole.FindAllString(other, -1)
		slices.Sort(a)
		slices.Sort(b)
		if !ok || !slices.Equal(slices.Compact(a), slices.Compact(b)) {
			t.Errorf("%s: %q and %q", key, s, other)
		}
	}
}
