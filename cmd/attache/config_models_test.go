package main

import (
	"bytes"
	"cmp"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"attache/internal/store"
	"attache/summarize/model"
)

// configOf loads a configuration of this text.
func configOf(t *testing.T, yaml string) (Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	return loadConfig(path)
}

// presets are the entries of models that config.example.yaml has as comments, without their hash signs.
func presets(t *testing.T) (entries []string) {
	t.Helper()
	b, err := os.ReadFile("../../config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, after, ok := strings.Cut(string(b), "\nmodels: []\n")
	if !ok {
		t.Fatal("config.example.yaml has no models: []")
	}
	in := false
	for line := range strings.Lines(after) {
		comment, ok := strings.CutPrefix(line, "  #")
		switch {
		case !ok:
			return entries
		case strings.HasPrefix(comment, " - "):
			entries, in = append(entries, " "+comment), true
		case in && strings.HasPrefix(comment, "   "):
			entries[len(entries)-1] += " " + comment
		default:
			in = false
		}
	}
	return entries
}

// Each preset of the example can be used as it stands, and all of them together.
func TestPresets(t *testing.T) {
	want := map[string]struct { // what each provider takes
		host       string
		structured model.Structured
		capField   string
		key        bool
	}{
		"openai":     {"https://api.openai.com/", model.Strict, model.MaxCompletionTokens, true},
		"ollama":     {"http://127.0.0.1:11434/", model.Strict, model.MaxTokens, false},
		"llamacpp":   {"http://127.0.0.1:8080/", model.Strict, model.MaxTokens, false},
		"vllm":       {"http://127.0.0.1:8000/", model.Strict, model.MaxTokens, false},
		"openrouter": {"https://openrouter.ai/", model.Strict, model.MaxTokens, true},
		"groq":       {"https://api.groq.com/", model.Strict, model.MaxCompletionTokens, true},
		"mistral":    {"https://api.mistral.ai/", model.Strict, model.MaxTokens, true},
		"anthropic":  {"https://api.anthropic.com/", model.Prompt, model.MaxTokens, true},
	}
	entries := presets(t)
	for i, entry := range slices.Insert(slices.Clone(entries), 0, strings.Join(entries, "")) {
		cfg, err := configOf(t, "models:\n"+entry)
		if err != nil {
			t.Errorf("%v\n%s", err, entry)
			continue
		}
		for n, m := range cfg.Models {
			if i == 0 && n == 0 {
				// The first one has every key.
				for f, v := range reflect.ValueOf(m).Fields() {
					if !strings.Contains(entries[0], " "+f.Tag.Get("yaml")+": ") || v.IsZero() {
						t.Errorf("the entry with every key lacks %s", f.Tag.Get("yaml"))
					}
				}
			}
			w, known := want[m.Name]
			if !known {
				if m.Name != "mine" {
					t.Errorf("%s: this test does not know it", m.Name)
				}
				continue
			}
			if !strings.HasPrefix(m.BaseURL, w.host) || m.Structured != string(w.structured) || m.CapField != w.capField || (m.Key != "") != w.key {
				t.Errorf("%s is %+v", m.Name, m)
			}
			if i > 0 {
				delete(want, m.Name)
			}
		}
		if i == 0 {
			for _, m := range cfg.Models {
				if m.Key != "" {
					t.Setenv(m.Key, "fake-key-of-"+m.Name)
				}
			}
			clients, err := models(cfg, slog.New(slog.DiscardHandler), nil)
			if err != nil || len(clients) != len(entries) {
				t.Errorf("%d clients of %d entries: %v", len(clients), len(entries), err)
			}
		}
	}
	for name := range want {
		t.Errorf("there is no preset for %s", name)
	}
}

const someModel = "models:\n  - base_url: https://llm.example/v1\n    model: m\n    context: 8192\n"

func TestModelDefaults(t *testing.T) {
	cfg, err := configOf(t, someModel)
	if err != nil {
		t.Fatal(err)
	}
	want := ModelConfig{Name: "m", BaseURL: "https://llm.example/v1", Model: "m", Context: 8192, Structured: "strict", CapField: "max_tokens", Timeout: 90 * time.Second, MaxOutput: 2000}
	if len(cfg.Models) != 1 || !reflect.DeepEqual(cfg.Models[0], want) {
		t.Errorf("%+v", cfg.Models)
	}
	if !reflect.DeepEqual(cfg.Budgets, defaultBudgets()) {
		t.Errorf("budgets %+v", cfg.Budgets)
	}
}

func TestModelsRefused(t *testing.T) {
	entry := func(change ...string) string {
		fields := map[string]string{"base_url": "https://llm.example/v1", "model": "m", "context": "8192"}
		for _, c := range change {
			k, v, _ := strings.Cut(c, "=")
			fields[k] = v
		}
		s := ""
		for _, k := range []string{"name", "base_url", "key", "model", "context", "structured", "cap_field", "temperature", "timeout", "max_output", "price", "keey"} {
			if v, ok := fields[k]; ok && v != "-" {
				s += "    " + k + ": " + v + "\n"
			}
		}
		return "  - " + strings.TrimPrefix(s, "    ")
	}
	for _, c := range []struct {
		name, models string
		want         []string // "" alone: it is accepted
	}{
		{"as it is", entry(), []string{""}},
		{"temperature 0", entry("temperature=0"), []string{""}},
		{"no model", entry("model=-"), []string{"models[0].model is missing", "such as gpt-5-nano"}},
		{"unknown key", entry("keey=x"), []string{`unknown field "keey"`}},
		{"two of a name", entry() + entry(), []string{`models[1].name is "m" like another's`}},
		{"two names", entry() + entry("name=other"), []string{""}},
		{"no address", entry("base_url=-"), []string{"models[0].base_url is missing"}},
		{"not http", entry("base_url=ftp://llm.example/v1"), []string{`"ftp://llm.example/v1"`, "https://api.openai.com/v1"}},
		{"no host", entry("base_url=https:///v1"), []string{"write a URL"}},
		{"the whole path", entry("base_url=https://llm.example/v1/chat/completions"), []string{"leave /chat/completions away"}},
		{"password", entry("base_url=https://u:pass-marker@llm.example/v1"), []string{"must be a plain address", "!pass-marker"}},
		{"query", entry("base_url=https://llm.example/v1?key=pass-marker"), []string{"must be a plain address", "!pass-marker"}},
		{"http and key", entry("base_url=http://10.0.0.5:8000/v1", "key=A_KEY", "price={input: 1, output: 1}"), []string{"a key may only go to this machine"}},
		{"http and key, here", entry("base_url=http://127.0.0.1:8000/v1", "key=A_KEY", "price={input: 1, output: 1}"), []string{""}},
		{"http, public", entry("base_url=http://llm.example/v1"), []string{"plain http is for this machine and for private networks"}},
		{"http, public address", entry("base_url=http://8.8.8.8/v1"), []string{"plain http"}},
		{"http, private address", entry("base_url=http://192.168.1.9:11434/v1"), []string{""}},
		{"http, private address 6", entry("base_url='http://[fd00::1]:11434/v1'"), []string{""}},
		{"http, private names", entry("base_url=http://ollama:11434/v1") + entry("name=b", "base_url=http://nas.local:11434/v1"), []string{""}},
		{"http, a name that only looks so", entry("base_url=http://nas.local.example/v1"), []string{"plain http"}},
		{"a key in the place of its name", entry("key=sk-marker-0123456789"), []string{"models[0].key is no name", "!marker"}},
		{"the bot's token", entry("key=DISCORD_TOKEN", "price={input: 1, output: 1}"), []string{"the bot's token"}},
		{"key without price", entry("key=A_KEY"), []string{"models[0].price is missing", "{input: "}},
		{"key, free", entry("key=A_KEY", "price={input: 0, output: 0}"), []string{""}},
		{"negative price", entry("price={input: -1, output: 0}"), []string{`models[0].price.input is "-1"`, "not negative"}},
		{"price unlimited", entry("price={input: 1, output: unlimited}"), []string{"price is unlimited"}},
		{"no context", entry("context=-"), []string{"models[0].context is 0", "at least 2048"}},
		{"small context", entry("context=2047"), []string{"models[0].context is 2047"}},
		{"negative context", entry("context=-8192"), []string{"models[0].context is -8192"}},
		{"no room", entry("context=2048"), []string{"max_output is 2000", "lower it to 1024"}},
		{"room", entry("context=2048", "max_output=1024"), []string{""}},
		{"negative output", entry("max_output=-1"), []string{"max_output is -1"}},
		{"structured", entry("structured=json"), []string{`structured is "json"; write strict`}},
		{"cap field", entry("cap_field=max"), []string{`cap_field is "max"; write max_tokens`}},
		{"temperature", entry("temperature=3"), []string{"temperature is 3; it must be between 0 and 2"}},
		{"temperature none", entry("temperature=.nan"), []string{"temperature is NaN"}},
		{"timeout", entry("timeout=10ms"), []string{"timeout is 10ms"}},
		{"timeout, no time", entry() + entry("name=b", "timeout=soon"), []string{`[9:14] models[1].timeout is "soon"`, "30s"}},
		{"context, no number", entry("context=many"), []string{"[4:14]"}},
	} {
		t.Run(c.name, func(t *testing.T) { tryConfig(t, "models:\n"+c.models, c.want) })
	}
}

// tryConfig wants words in the message, or none of those that stand behind a !; "" alone wants it accepted.
func tryConfig(t *testing.T, yaml string, want []string) {
	t.Helper()
	_, err := configOf(t, yaml)
	if len(want) == 1 && want[0] == "" {
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		return
	}
	if err == nil {
		t.Fatal("accepted")
	}
	for _, w := range want {
		if no, not := strings.CutPrefix(w, "!"); not == strings.Contains(sentence(err), cmp.Or(no, w)) {
			t.Errorf("the message, with respect to %q:\n%s", w, sentence(err))
		}
	}
}

func TestBudgets(t *testing.T) {
	for _, c := range []struct {
		name, yaml string
		want       []string
	}{
		{"negative", "budgets: {guild: {day: {tokens: -1}}}", []string{`[1:33] budgets.guild.day.tokens is "-1"`, "unlimited"}},
		{"word", "budgets:\n  user:\n    month:\n      usd: little\n", []string{`[4:12] budgets.user.month.usd is "little"`}},
		{"endless", "budgets: {user: {month: {usd: inf}}}", []string{`"inf"`}},
		{"too much", "budgets: {user: {month: {usd: 1e13}}}", []string{`"1e13"`}},
		{"half a token", "budgets: {user: {month: {tokens: 0.5}}}", []string{"budgets.user.month.tokens is 0.5"}},
		{"reserve", "budgets: {reserve: 50}", []string{"budgets.reserve is 50", "0.5"}},
		{"negative reserve", "budgets: {reserve: -0.1}", []string{"budgets.reserve is -0.1"}},
		{"unknown scope", "budgets: {server: {day: {usd: 1}}}", []string{`unknown field "server"`}},
		{"unknown period", "budgets: {guild: {week: {usd: 1}}}", []string{`unknown field "week"`}},
	} {
		t.Run(c.name, func(t *testing.T) { tryConfig(t, c.yaml, c.want) })
	}

	// What is set changes nothing beside it.
	cfg, err := configOf(t, "budgets:\n  guild:\n    day: {usd: 0.25}\n  user:\n    day:\n      tokens: \"unlimited\"\n  installation:\n    month: {usd: 0, tokens: 5_000_000}\n  reserve: 0.25\n")
	if err != nil {
		t.Fatal(err)
	}
	none := store.Limit{Tokens: store.NoLimit, Cost: store.NoLimit}
	want := store.Caps{
		Installation: store.Cap{Day: store.Limit{Tokens: 2_000_000, Cost: store.NoLimit}, Month: store.Limit{Tokens: 5_000_000, Cost: 0}},
		Guild:        store.Cap{Day: store.Limit{Tokens: 300_000, Cost: 250_000}, Month: none},
		User:         store.Cap{Day: none, Month: none},
		Reserve:      0.25,
	}
	if got := cfg.Budgets.caps(); got != want {
		t.Errorf("caps %+v, want %+v", got, want)
	}
	for _, yaml := range []string{"budgets:\n", "budgets:\n  guild:\n", "budgets:\n  guild:\n    day:\n", "models:\n", "budgets:\n  # guild:\n"} {
		if cfg, err := configOf(t, yaml); err != nil || !reflect.DeepEqual(cfg.Budgets, defaultBudgets()) || len(cfg.Models) != 0 {
			t.Errorf("%q: %+v %v", yaml, cfg.Budgets, err)
		}
	}
}

func TestModelKeys(t *testing.T) {
	cfg, err := configOf(t, strings.Replace(someModel, "    model:", "    key: LLM_TEST_KEY\n    price: {input: 0.5, output: 2}\n    model:", 1))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, []byte("fake-key-from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ env, file, key, says string }{
		{"", "", "", "The model m has no key. Set LLM_TEST_KEY, or LLM_TEST_KEY_FILE"},
		{"fake-key-from-env", "", "fake-key-from-env", ""},
		{"", file, "fake-key-from-file", ""},
		{"", file + ".none", "", "LLM_TEST_KEY_FILE names a file that cannot be read"},
		{"marker of two\nlines", "", "", "LLM_TEST_KEY, holds a space"},
	} {
		t.Setenv("LLM_TEST_KEY", c.env)
		t.Setenv("LLM_TEST_KEY_FILE", c.file)
		e, err := cfg.Models[0].endpoint()
		if c.says != "" {
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "marker") {
				t.Errorf("%+v: %v", c, err)
			}
			if _, err := models(cfg, log, nil); err == nil {
				t.Errorf("%+v: a client was made", c)
			}
			continue
		}
		if err != nil || e.Key.Reveal() != c.key || e.Price != (model.Price{In: 0.5, Out: 2}) || e.Name != "m" || e.Structured != model.Strict || e.Context != 8192 || e.MaxOutput != 2000 || e.Timeout != 90*time.Second {
			t.Errorf("%+v: %+v, key %q, %v", c, e, e.Key.Reveal(), err)
		}
	}
}

// No log shows a secret that the configuration names, in whatever it stands.
func TestLogHidesSecrets(t *testing.T) {
	const token, key, odd = "MARKER.token.5417", "sk-MARKER-5418", `MARK "5419" ü/ö`
	type options struct{ Token any }
	for _, format := range []string{"text", "json"} {
		cfg, err := configOf(t, "log: {format: "+format+", level: debug}\n"+
			strings.Replace(someModel, "    model:", "    key: LLM_TEST_KEY\n    price: {input: 0, output: 0}\n    model:", 1)+
			"  - {name: odd, base_url: https://llm.example/v1, model: m, context: 8192, key: ODD_KEY, price: {input: 0, output: 0}}\n"+
			"  - {name: short, base_url: https://llm.example/v1, model: m, context: 8192, key: SHORT_KEY, price: {input: 0, output: 0}}\n")
		if err != nil {
			t.Fatal(err)
		}
		for name, v := range map[string]string{"DISCORD_TOKEN": token, "LLM_TEST_KEY": key, "ODD_KEY": odd, "SHORT_KEY": "ollama"} {
			t.Setenv(name, v)
		}
		var b bytes.Buffer
		log := newLogger(&b, cfg)
		for _, s := range []string{token, key, odd} {
			log.Info("said "+s, "plain", s, "error", &os.PathError{Op: "open", Path: s, Err: os.ErrNotExist}, "struct", options{s}, "bytes", []byte("x"), slog.Group("group", "in", s))
			log.With("with", s).WithGroup(s).Debug("x", s, "as a key")
			slog.New(quiet{log.Handler()}).Warn(s)
		}
		log.Info("ollama is asked", "endpoint", "ollama")
		out := b.String()
		for _, s := range []string{"MARK", "5417", "5418", "5419"} {
			if strings.Contains(out, s) {
				t.Errorf("%s shows %q:\n%s", format, s, out)
			}
		}
		if n := strings.Count(out, "***"); n < 18 {
			t.Errorf("%s: hidden %d times:\n%s", format, n, out)
		}
		if strings.Count(out, "ollama") != 2 || strings.Count(out, "\n") != 10 {
			t.Errorf("%s:\n%s", format, out)
		}
	}
	var b bytes.Buffer
	if w := hiding(&b, []string{"", "short"}); w != &b {
		t.Error("nothing to hide, and yet something looks for it")
	}
}

// The shifted clock of tests is refused where a model is not on this machine, which would be asked for real.
func TestClockAndModels(t *testing.T) {
	t.Setenv(clockVar, "2025-02-27T07:59:50Z")
	for base, ok := range map[string]bool{"http://127.0.0.1:11434/v1": true, "http://ollama:11434/v1": false, "https://llm.example/v1": false} {
		cfg, err := configOf(t, "discord: {api_base_url: 'http://127.0.0.1:1/api'}\n"+strings.Replace(someModel, "https://llm.example/v1", base, 1))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := clock(cfg); (err == nil) != ok {
			t.Errorf("%s: %v", base, err)
		}
	}
}
