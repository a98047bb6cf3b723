package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// The example documents every key and equals the defaults.
func TestExampleEqualsDefaults(t *testing.T) {
	const example = "../../config.example.yaml"
	got, err := loadConfig(example)
	if err != nil {
		t.Fatal(err)
	}
	want := defaults()
	want.path = example
	if !reflect.DeepEqual(got, want) {
		t.Errorf("config.example.yaml is\n%+v\nthe defaults are\n%+v", got, want)
	}
	b, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys(reflect.TypeOf(want)) {
		if !strings.Contains(string(b), key+":") {
			t.Errorf("config.example.yaml does not have %s", key)
		}
	}
}

// keys lists the yaml keys of a configuration type.
func keys(t reflect.Type) (out []string) {
	switch t.Kind() {
	case reflect.Slice, reflect.Pointer:
		return keys(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() {
				out = append(append(out, f.Tag.Get("yaml")), keys(f.Type)...)
			}
		}
	}
	return out
}

func TestConfigRefused(t *testing.T) {
	for _, c := range []struct {
		name, yaml string
		want       []string // in the message
	}{
		{"unknown key", "store:\n  url: sqlite:a.db\ndiscord:\n  tokn: x\n", []string{"[4:3]", "tokn", "config.example.yaml"}},
		{"unknown section", "stor:\n  url: x\n", []string{"[1:1]", "stor"}},
		{"wrong type", "sources:\n  workers: many\n", []string{"[2:12]"}},
		{"no duration", "sources:\n  interval: soon\n", []string{"[2:13]"}},
		{"bad values", "sources:\n  workers: 0\n  allow_private: [intranet]\nlog:\n  level: loud\n", []string{"sources.workers is 0", "host:port", "log.level is \"loud\""}},
		{"plain http", "discord:\n  api_base_url: http://discord.example/api\n", []string{"https"}},
		{"other database", "store:\n  url: mysql://x\n", []string{"sqlite:"}},
		{"not yaml", "a: [", []string{"config.yaml is wrong"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.yaml")
			if err := os.WriteFile(path, []byte(c.yaml), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := loadConfig(path)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range c.want {
				if !strings.Contains(sentence(err), want) {
					t.Errorf("the message lacks %q:\n%s", want, sentence(err))
				}
			}
		})
	}
}

func TestEmptyConfigIsDefault(t *testing.T) {
	for _, yaml := range []string{"", "# nothing\n", "sources:\n", "sources:\n  # interval: 1m\nlog:\n  level: info\n", "---\n"} {
		path := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := loadConfig(path)
		if err != nil {
			t.Errorf("%q: %v", yaml, err)
			continue
		}
		want := defaults()
		want.path = path
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %+v", yaml, got)
		}
		if want := "sqlite:" + filepath.Join(filepath.Dir(path), "attache.db"); got.storeURL() != want {
			t.Errorf("storeURL() = %q, want %q", got.storeURL(), want)
		}
	}
}

func TestSecret(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("fake-from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DISCORD_TOKEN", "fake-from-env")
	if got, err := secret("DISCORD_TOKEN"); got != "fake-from-env" || err != nil {
		t.Errorf("from the environment: %q, %v", got, err)
	}
	t.Setenv("DISCORD_TOKEN_FILE", file)
	if got, err := secret("DISCORD_TOKEN"); got != "fake-from-file" || err != nil {
		t.Errorf("from a file: %q, %v", got, err)
	}
	t.Setenv("DISCORD_TOKEN_FILE", file+".none")
	if _, err := secret("DISCORD_TOKEN"); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Errorf("from no file: %v", err)
	}
}
