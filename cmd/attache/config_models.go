package main

import (
	"cmp"
	"fmt"
	"math"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"attache/internal/store"
	"attache/summarize/model"
)

// ModelConfig is a model behind an OpenAI-compatible endpoint.
type ModelConfig struct {
	Name        string        `yaml:"name"`
	BaseURL     string        `yaml:"base_url"`
	Key         string        `yaml:"key"` // the variable's name, not the key
	Model       string        `yaml:"model"`
	Context     int           `yaml:"context"`
	Structured  string        `yaml:"structured"`
	CapField    string        `yaml:"cap_field"`
	Temperature *float32      `yaml:"temperature"`
	Timeout     time.Duration `yaml:"timeout"`
	MaxOutput   int           `yaml:"max_output"`
	Price       *PriceConfig  `yaml:"price"`
}

// PriceConfig is in US dollars per million tokens.
type PriceConfig struct {
	Input  Amount `yaml:"input"`
	Output Amount `yaml:"output"`
}

// BriefsConfig says how models write briefs.
type BriefsConfig struct {
	Judge bool `yaml:"judge"`
}

// BudgetsConfig is what models may use; see store.Caps.
type BudgetsConfig struct {
	Installation BudgetConfig `yaml:"installation"`
	Guild        BudgetConfig `yaml:"guild"`
	User         BudgetConfig `yaml:"user"`
	Reserve      float64      `yaml:"reserve"`
}

type BudgetConfig struct {
	Day   LimitConfig `yaml:"day"`
	Month LimitConfig `yaml:"month"`
}

type LimitConfig struct {
	Tokens Amount `yaml:"tokens"`
	USD    Amount `yaml:"usd"`
}

// An Amount is a number that is not negative, or unlimited. Nothing is 0, so that a budget of nothing spends nothing.
type Amount float64

var unlimited = Amount(math.Inf(1))

const mostAmount = 1e12 // so that sums of them, in millionths too, are exact

func parseAmount(s string) (Amount, error) {
	s = strings.TrimSpace(s)
	if s == "unlimited" {
		return unlimited, nil
	}
	n, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
	if err != nil || !(n >= 0 && n <= mostAmount) {
		return 0, fmt.Errorf("%q is no amount", s)
	}
	return Amount(n), nil
}

// UnmarshalYAML reads an amount; badValue has said before where one is none.
func (a *Amount) UnmarshalYAML(b []byte) (err error) {
	*a, err = parseAmount(strings.Trim(string(b), `"' `))
	return err
}

// defaultBudgets are modest: a digest of twenty stories takes about 80,000 tokens, one of five about 20,000.
func defaultBudgets() BudgetsConfig {
	none := LimitConfig{unlimited, unlimited}
	return BudgetsConfig{
		Installation: BudgetConfig{LimitConfig{2_000_000, unlimited}, LimitConfig{unlimited, 20}},
		Guild:        BudgetConfig{LimitConfig{300_000, unlimited}, none},
		User:         BudgetConfig{LimitConfig{60_000, unlimited}, none},
		Reserve:      0.5,
	}
}

// complete sets what an entry leaves out.
func (m *ModelConfig) complete() {
	m.Name = cmp.Or(m.Name, m.Model)
	m.Structured = cmp.Or(m.Structured, string(model.Strict))
	m.CapField = cmp.Or(m.CapField, model.MaxTokens)
	m.Timeout = cmp.Or(m.Timeout, 90*time.Second)
	m.MaxOutput = cmp.Or(m.MaxOutput, 2000)
}

const leastContext = 2048 // tokens; an article at its usual length, the prompt and a reply

// A variable's name, as it is usual. A key that was put in its place does not look like one, and is not repeated.
var variable = regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)

func (c *Config) checkModels() (problems []string) {
	names := map[string]bool{}
	for i, m := range c.Models {
		bad := func(format string, args ...any) {
			problems = append(problems, fmt.Sprintf("models[%d].", i)+fmt.Sprintf(format, args...))
		}
		if m.Model == "" {
			bad("model is missing; write the name that the endpoint knows, such as gpt-5-nano")
		} else if names[m.Name] {
			bad("name is %q like another's; give each entry of one model a name of its own", m.Name)
		}
		names[m.Name] = true
		switch {
		case m.Key == "DISCORD_TOKEN":
			bad("key names the bot's token, which no model may see; name the variable of the model's key, such as OPENAI_API_KEY")
		case m.Key != "" && !variable.MatchString(m.Key):
			bad("key is no name of an environment variable; write one, such as OPENAI_API_KEY, and set that variable to the key")
		case m.Key != "" && m.Price == nil:
			bad(`price is missing, without which budgets in usd count nothing; write {input: 0.05, output: 0.4} with your model's figures, in US dollars per million tokens, or zeros when it is free`)
		}
		if problem := endpointProblem(m.BaseURL, m.Key != ""); problem != "" {
			bad("base_url %s", problem)
		}
		switch {
		case m.Context < leastContext:
			bad("context is %d; write how many tokens of prompt and reply the model takes, at least %d", m.Context, leastContext)
		case m.MaxOutput < 1:
			bad("max_output is %d; write how many tokens a reply may have, such as 2000", m.MaxOutput)
		case m.MaxOutput > m.Context/2:
			bad("max_output is %d, which leaves too little of context %d to the prompt; lower it to %d at most, or raise context", m.MaxOutput, m.Context, m.Context/2)
		}
		switch model.Structured(m.Structured) {
		case model.Strict, model.JSONObject, model.Prompt:
		default:
			bad("structured is %q; write strict (it keeps to JSON schemas), json_object (to JSON) or prompt (to neither)", m.Structured)
		}
		if m.CapField != model.MaxTokens && m.CapField != model.MaxCompletionTokens {
			bad("cap_field is %q; write max_tokens or max_completion_tokens", m.CapField)
		}
		if t := m.Temperature; t != nil && !(*t >= 0 && *t <= 2) {
			bad("temperature is %g; it must be between 0 and 2, or left out", *t)
		}
		if m.Timeout < time.Second {
			bad("timeout is %s; it must be at least 1s", m.Timeout)
		}
		if p := m.Price; p != nil && (p.Input == unlimited || p.Output == unlimited) {
			bad("price is unlimited; write US dollars per million tokens")
		}
	}
	return problems
}

// endpointProblem says what is wrong with a base URL. One that may hold a secret is not repeated.
func endpointProblem(base string, key bool) string {
	u, err := url.Parse(base)
	switch {
	case base == "":
		return "is missing; write the API's address up to and without /chat/completions, such as https://api.openai.com/v1"
	case err != nil || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "must be a plain address without user, password, query or fragment, such as https://api.openai.com/v1; a key goes into the environment, see key"
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return fmt.Sprintf("is %q; write a URL such as https://api.openai.com/v1", base)
	case strings.HasSuffix(strings.TrimSuffix(u.Path, "/"), "/chat/completions"):
		return fmt.Sprintf("is %q; leave /chat/completions away", base)
	case u.Scheme == "http" && key && !loopback(u.Host):
		return fmt.Sprintf("is %q; without https a key may only go to this machine", base)
	case u.Scheme == "http" && !near(u.Hostname()):
		return fmt.Sprintf("is %q; plain http is for this machine and for private networks, write https", base)
	}
	return ""
}

// near reports whether a host is this machine or one of a private network, by its address or by a name that no public
// machine has.
func near(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, suffix := range []string{".local", ".lan", ".internal", ".home.arpa", ".localhost"} {
		if strings.HasSuffix(host, suffix) {
			return true
		}
	}
	return !strings.Contains(host, ".")
}

func (b *BudgetsConfig) check() (problems []string) {
	for _, s := range []struct {
		name string
		of   BudgetConfig
	}{{"installation", b.Installation}, {"guild", b.Guild}, {"user", b.User}} {
		for _, p := range []struct {
			name   string
			tokens Amount
		}{{"day", s.of.Day.Tokens}, {"month", s.of.Month.Tokens}} {
			if p.tokens != unlimited && p.tokens != Amount(math.Trunc(float64(p.tokens))) {
				problems = append(problems, fmt.Sprintf("budgets.%s.%s.tokens is %g; write a whole number, or unlimited", s.name, p.name, float64(p.tokens)))
			}
		}
	}
	if !(b.Reserve >= 0 && b.Reserve <= 1) {
		problems = append(problems, fmt.Sprintf("budgets.reserve is %g; write a share between 0 and 1, such as 0.5", b.Reserve))
	}
	return problems
}

// caps are the budgets as the ledger keeps them.
func (b *BudgetsConfig) caps() store.Caps {
	amount := func(a Amount, unit float64) int64 {
		if a == unlimited {
			return store.NoLimit
		}
		return int64(math.Round(float64(a) * unit))
	}
	limit := func(l LimitConfig) store.Limit {
		return store.Limit{Tokens: amount(l.Tokens, 1), Cost: amount(l.USD, 1e6)}
	}
	of := func(b BudgetConfig) store.Cap { return store.Cap{Day: limit(b.Day), Month: limit(b.Month)} }
	return store.Caps{Installation: of(b.Installation), Guild: of(b.Guild), User: of(b.User), Reserve: b.Reserve}
}
