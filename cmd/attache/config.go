package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"

	"attache/internal/store"
	"attache/summarize/quote"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Config is what an operator sets in a file. config.example.yaml documents every key; a test keeps the two equal.
// Secrets are not in it: see secret.
type Config struct {
	Store     StoreConfig     `yaml:"store"`
	Discord   DiscordConfig   `yaml:"discord"`
	Sources   SourcesConfig   `yaml:"sources"`
	Digest    DigestConfig    `yaml:"digest"`
	Models    []ModelConfig   `yaml:"models"`
	Briefs    BriefsConfig    `yaml:"briefs"`
	Quotes    QuotesConfig    `yaml:"quotes"`
	Budgets   BudgetsConfig   `yaml:"budgets"`
	Retention RetentionConfig `yaml:"retention"`
	HTTP      HTTPConfig      `yaml:"http"`
	Operator  OperatorConfig  `yaml:"operator"`
	Log       LogConfig       `yaml:"log"`

	path string // of the file, "" for the defaults
}

type StoreConfig struct {
	URL string `yaml:"url"`
}

type DiscordConfig struct {
	APIBaseURL string `yaml:"api_base_url"`
	DevGuild   string `yaml:"dev_guild"`
	Shards     Shards `yaml:"shards"`
	PerSecond  int    `yaml:"requests_per_second"`
}

// Shards is into how many parts the sessions with Discord are split; 0, "auto", is as many as Discord recommends.
type Shards int

func parseShards(s string) (Shards, error) {
	if s = strings.Trim(s, `"' `); s == "auto" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 10_000 {
		return 0, fmt.Errorf("%q is no number of shards", s)
	}
	return Shards(n), nil
}

// UnmarshalYAML reads a number of shards; badValue has said before where one is none.
func (n *Shards) UnmarshalYAML(b []byte) (err error) {
	*n, err = parseShards(strings.TrimSpace(string(b)))
	return err
}

type SourcesConfig struct {
	Interval     time.Duration `yaml:"interval"`
	Workers      int           `yaml:"workers"`
	HostGap      time.Duration `yaml:"host_gap"`
	Timeout      time.Duration `yaml:"timeout"`
	MaxFeedBytes int64         `yaml:"max_feed_bytes"`
	MaxPageBytes int64         `yaml:"max_page_bytes"`
	Contact      string        `yaml:"contact"`
	AllowPrivate []string      `yaml:"allow_private"`
}

type DigestConfig struct {
	Ahead      time.Duration `yaml:"ahead"`
	Unreadable string        `yaml:"unreadable_history"`
	Language   string        `yaml:"language"`
}

// QuotesConfig is what is known beside the built-in tables of who speaks how.
type QuotesConfig struct {
	Tables string `yaml:"tables"` // a folder, "" for none
}

// find finds quotes with the tables of the configuration.
func (c *Config) find() (func(quote.Doc) []quote.Quote, error) {
	if c.Quotes.Tables == "" {
		return quote.Find, nil
	}
	dir := c.Quotes.Tables
	if !filepath.IsAbs(dir) && c.path != "" {
		dir = filepath.Join(filepath.Dir(c.path), dir)
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, say("quotes.tables is %q, which is no folder that can be read. Make it, or leave quotes.tables empty.", c.Quotes.Tables)
	}
	tables, err := quote.LoadTables(os.DirFS(dir))
	if err != nil {
		return nil, say("quotes.tables: %v", err)
	}
	return tables.Find, nil
}

type RetentionConfig struct {
	Bodies time.Duration `yaml:"bodies"`
}

type HTTPConfig struct {
	Listen string `yaml:"listen"`
}

type LogConfig struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// defaults is the configuration of an empty file.
func defaults() Config {
	return Config{
		Store:   StoreConfig{URL: "sqlite:attache.db"},
		Discord: DiscordConfig{APIBaseURL: "https://discord.com/api/v10", PerSecond: 40},
		Sources: SourcesConfig{
			Interval: 15 * time.Minute, Workers: 8, HostGap: time.Second, Timeout: 30 * time.Second,
			MaxFeedBytes: 20 << 20, MaxPageBytes: 10 << 20, AllowPrivate: []string{},
		},
		Digest:    DigestConfig{Ahead: 10 * time.Minute, Unreadable: "resend", Language: "en"},
		Models:    []ModelConfig{},
		Budgets:   defaultBudgets(),
		Retention: RetentionConfig{Bodies: 14 * 24 * time.Hour},
		Log:       LogConfig{Level: "info", Format: "text"},
	}
}

// loadConfig reads a file over the defaults. Unknown keys and wrong types are refused with line and column.
func loadConfig(path string) (Config, error) {
	c := defaults()
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, say("There is no configuration file %s. Copy config.example.yaml there, or name another with -c.", path)
	}
	if err != nil {
		return c, say("The configuration file %s cannot be read: %v.", path, plain(err))
	}
	c.path = path
	wrong := func(at string) error {
		return say("The configuration file %s is wrong at %s\nconfig.example.yaml has every key.", path, at)
	}
	if at := badValue(b, reflect.TypeOf(c), ""); at != "" {
		return c, wrong(at)
	}
	dec := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict(), yaml.DisallowUnknownField())
	read := c
	if err := dec.Decode(&read); err != nil && !errors.Is(err, io.EOF) {
		return c, wrong(strings.TrimSpace(yaml.FormatError(err, false, true)))
	}
	if !reflect.DeepEqual(read, Config{path: path}) && !reflect.DeepEqual(read, Config{}) { // the decoder makes all of nothing zero
		c = read
	}
	for i := range c.Models {
		c.Models[i].complete()
	}
	if problems := c.check(); len(problems) > 0 {
		return c, say("The configuration file %s needs mending:\n- %s", path, strings.Join(problems, "\n- "))
	}
	return c, nil
}

// badValue returns where a duration or an amount below key of b is none, and what to write instead; "" when all are. The
// decoder's own error does not say where.
func badValue(b []byte, t reflect.Type, key string) string {
	var read func(string) error
	var write string
	switch t {
	case reflect.TypeFor[time.Duration]():
		read, write = func(s string) error { _, err := time.ParseDuration(s); return err }, "a time with its unit, such as 30s, 15m or 2h"
	case reflect.TypeFor[Shards]():
		read, write = func(s string) error { _, err := parseShards(s); return err }, "auto, or a number of shards"
	case reflect.TypeFor[Amount]():
		read, write = func(s string) error { _, err := parseAmount(s); return err }, "a number that is not negative, or unlimited"
	}
	if read != nil {
		node := nodeAt(b, key)
		if node == nil || node.Type() == ast.NullType {
			return ""
		}
		token := node.GetToken()
		if read(token.Value) == nil {
			return ""
		}
		return fmt.Sprintf("[%d:%d] %s is %q; write %s", token.Position.Line, token.Position.Column, key[1:], token.Value, write)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return badValue(b, t.Elem(), key)
	case reflect.Slice:
		for i := 0; t.Elem().Kind() == reflect.Struct; i++ {
			entry := fmt.Sprintf("%s[%d]", key, i)
			if nodeAt(b, entry) == nil {
				break
			}
			if at := badValue(b, t.Elem(), entry); at != "" {
				return at
			}
		}
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if name := f.Tag.Get("yaml"); name != "" {
				if at := badValue(b, f.Type, key+"."+name); at != "" {
					return at
				}
			}
		}
	}
	return ""
}

// nodeAt is what b has at a key such as .models[0].timeout, nil when it is not set.
func nodeAt(b []byte, key string) ast.Node {
	path, err := yaml.PathString("$" + key)
	if err != nil {
		return nil
	}
	node, err := path.ReadNode(bytes.NewReader(b))
	if err != nil {
		return nil
	}
	return node
}

// check returns what is wrong with the values, a sentence each.
func (c *Config) check() (problems []string) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if u := c.Store.URL; u == "sqlite:" || !strings.HasPrefix(u, "sqlite:") && !strings.HasPrefix(u, "postgres://") && !strings.HasPrefix(u, "postgresql://") {
		bad("store.url is %q; write sqlite: and a file name, such as sqlite:attache.db, or postgres://USER@HOST/DATABASE", store.ShownURL(u))
	}
	if u, err := url.Parse(c.Discord.APIBaseURL); err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
		bad("discord.api_base_url is %q; write a URL such as https://discord.com/api/v10", c.Discord.APIBaseURL)
	} else if u.Scheme == "http" && !loopback(u.Host) {
		bad("discord.api_base_url is %q; without https a token may only go to this machine", c.Discord.APIBaseURL)
	}
	if strings.Trim(c.Discord.DevGuild, "0123456789") != "" {
		bad("discord.dev_guild is %q; write the id of a server, such as 1180000000000000001, or leave it empty", c.Discord.DevGuild)
	}
	if c.Discord.PerSecond < 1 || c.Discord.PerSecond > 1000 {
		bad("discord.requests_per_second is %d; it must be between 1 and 1000. Discord allows a bot 50 unless it raised the limit for yours", c.Discord.PerSecond)
	}
	least := func(key string, got, min time.Duration) {
		if got < min {
			bad("%s is %s; it must be at least %s", key, got, min)
		}
	}
	least("sources.interval", c.Sources.Interval, time.Second)
	least("sources.host_gap", c.Sources.HostGap, 0)
	least("sources.timeout", c.Sources.Timeout, time.Second)
	least("digest.ahead", c.Digest.Ahead, 0)
	least("retention.bodies", c.Retention.Bodies, 0)
	if c.Sources.Workers < 1 || c.Sources.Workers > 256 {
		bad("sources.workers is %d; it must be between 1 and 256", c.Sources.Workers)
	}
	if c.Sources.MaxFeedBytes < 1<<16 || c.Sources.MaxPageBytes < 1<<16 {
		bad("sources.max_feed_bytes and max_page_bytes must be at least 65536")
	}
	for _, hp := range c.Sources.AllowPrivate {
		if host, port, err := net.SplitHostPort(hp); err != nil || host == "" || port == "" {
			bad("sources.allow_private has %q; write host:port, such as 10.0.0.5:8080", hp)
		}
	}
	if c.Digest.Unreadable != "resend" && c.Digest.Unreadable != "skip" {
		bad("digest.unreadable_history is %q; write resend or skip", c.Digest.Unreadable)
	}
	problems = append(problems, c.checkModels()...)
	problems = append(problems, c.Budgets.check()...)
	problems = append(problems, c.Operator.check(c.Models)...)
	if c.HTTP.Listen != "" {
		if _, _, err := net.SplitHostPort(c.HTTP.Listen); err != nil {
			bad("http.listen is %q; write host:port, such as 127.0.0.1:8080, or leave it empty", c.HTTP.Listen)
		}
	}
	if _, ok := levels[c.Log.Level]; !ok {
		bad("log.level is %q; write debug, info, warn or error", c.Log.Level)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		bad("log.format is %q; write text or json", c.Log.Format)
	}
	return problems
}

// storeURL is Store.URL with a relative path taken from the configuration file's folder.
func (c *Config) storeURL() string {
	path, ok := strings.CutPrefix(c.Store.URL, "sqlite:")
	if !ok || filepath.IsAbs(path) || c.path == "" {
		return c.Store.URL
	}
	return "sqlite:" + filepath.Join(filepath.Dir(c.path), path)
}

// storeShown is storeURL as it may be shown: without password.
func (c *Config) storeShown() string { return store.ShownURL(c.storeURL()) }

// secret reads a secret from the environment: NAME, or the file that NAME_FILE names. It is "" when neither is set.
func secret(name string) (string, error) {
	if path := os.Getenv(name + "_FILE"); path != "" {
		b, err := os.ReadFile(path)
		if err != nil {
			return "", say("%s_FILE names a file that cannot be read: %v.", name, plain(err))
		}
		return strings.TrimSpace(string(b)), nil
	}
	return strings.TrimSpace(os.Getenv(name)), nil
}

// loopback reports whether host (with or without a port) is this machine by name or address.
func loopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
