package fakellm

import (
	"fmt"
	"slices"
)

// A Fault is a way in which an endpoint fails.
type Fault string

// An Outcome is what a right client makes of a fault.
type Outcome string

const (
	Usable  Outcome = "usable"  // the reply is right; what is wrong beside it must not matter
	Retry   Outcome = "retry"   // may pass: 429, 5xx, a lost connection
	Refusal Outcome = "refusal" // will not pass by itself: quota, key, model
	Bad     Outcome = "bad"     // an answer with status 200 that is no reply, or one that must not be used
	Content Outcome = "content" // a reply whose content is not the JSON that was asked for
	Endless Outcome = "endless" // never ends; only a limit of the client's own helps
)

// The faults. "Billed" says whether the model ran, whatever the client got of it.
const (
	// The connection.
	FaultClose       Fault = "close"        // dropped before an answer; not billed
	FaultCloseBody   Fault = "close body"   // dropped in the middle of the body; billed
	FaultStall       Fault = "stall"        // no answer until the client goes
	FaultStallBody   Fault = "stall body"   // half of the body, then nothing; billed
	FaultSlowBody    Fault = "slow body"    // one byte after each Options.Delay; billed
	FaultHuge        Fault = "huge"         // a reply whose content does not end; billed
	FaultGzipBomb    Fault = "gzip bomb"    // the same, a thousand times smaller on the wire; as FaultHuge for who takes no gzip
	FaultRedirect    Fault = "redirect"     // 302, which Go follows as GET
	FaultRedirect307 Fault = "redirect 307" // 307, which Go follows with the body

	// Errors with a status.
	Fault429         Fault = "429"          // with Retry-After in seconds
	Fault429Date     Fault = "429 date"     // with Retry-After as a date
	Fault429Bare     Fault = "429 bare"     // without Retry-After
	Fault429Endless  Fault = "429 endless"  // asks for a day
	Fault429Nonsense Fault = "429 nonsense" // Retry-After is no number and no date
	FaultQuota       Fault = "quota"        // 429, insufficient_quota
	Fault402         Fault = "402"          // OpenRouter's word for the same
	Fault401         Fault = "401"          // echoes the key that was sent
	Fault404         Fault = "404"          // the model is gone
	Fault500         Fault = "500"
	Fault503         Fault = "503"         // with Retry-After
	FaultHTML502     Fault = "html 502"    // a proxy's page of five kilobytes that echoes the headers, the key among them
	FaultPlainError  Fault = "plain error" // 500 with {"error":"text"} (Ollama)
	FaultErrorArray  Fault = "error array" // 500 with [{"error":{…}}] (Gemini's compatibility layer)
	FaultEmptyError  Fault = "empty error" // 500 without a body

	// Answers with status 200 that are no replies.
	Fault200Error       Fault = "200 error"        // {"error":{…}} with a number as code (OpenRouter)
	Fault200ErrorString Fault = "200 error string" // {"error":"text"}
	FaultErrorBeside    Fault = "error beside"     // an error in a choice that looks whole (OpenRouter)
	FaultEmptyBody      Fault = "empty body"
	FaultEmptyObject    Fault = "empty object"
	FaultNull           Fault = "null"
	FaultHTML200        Fault = "html 200" // a captive portal
	FaultSSE            Fault = "sse"      // a stream that nobody asked for
	FaultTrailingJSON   Fault = "trailing json"
	FaultNoChoices      Fault = "no choices"
	FaultNullChoices    Fault = "null choices"
	FaultNullMessage    Fault = "null message"
	FaultTwoChoices     Fault = "two choices"
	FaultToolCalls      Fault = "tool calls"
	FaultToolsBeside    Fault = "tools beside" // the right content, and a tool call
	FaultFunctionCall   Fault = "function call"
	FaultContentArray   Fault = "content array"
	FaultContentObject  Fault = "content object" // the JSON itself instead of a string of it
	FaultNoContent      Fault = "no content"     // the member is missing
	FaultNullContent    Fault = "null content"
	FaultEmptyContent   Fault = "empty content"
	FaultBlankContent   Fault = "blank content"
	FaultReasoningOnly  Fault = "reasoning only"
	FaultRefusal        Fault = "refusal"
	FaultRefusalBeside  Fault = "refusal beside" // the right content, and a refusal
	FaultTruncated      Fault = "truncated"      // finish_reason length
	FaultContentFilter  Fault = "content filter"
	FaultNoFinish       Fault = "no finish" // finish_reason null
	FaultOddFinish      Fault = "odd finish"
	FaultUserRole       Fault = "user role" // the message says that it is the user's

	// Replies with a usage that is missing or wrong.
	FaultNoUsage       Fault = "no usage"
	FaultNullUsage     Fault = "null usage"
	FaultZeroUsage     Fault = "zero usage"
	FaultNegativeUsage Fault = "negative usage"
	FaultLyingUsage    Fault = "lying usage" // a million times too much
	FaultUsageStrings  Fault = "usage strings"

	// Replies whose content is not what was asked for.
	FaultTrailingText  Fault = "trailing text"
	FaultLeadingText   Fault = "leading text"
	FaultFenced        Fault = "fenced"
	FaultThink         Fault = "think" // <think>…</think> before the JSON
	FaultBOM           Fault = "bom"
	FaultTwoObjects    Fault = "two objects"
	FaultHalfObject    Fault = "half object" // cut, though finish_reason is stop
	FaultProse         Fault = "prose"
	FaultDuplicateKeys Fault = "duplicate keys"
	FaultUnknownField  Fault = "unknown field"
	FaultCaseField     Fault = "case field" // names in capitals, which Go's decoder takes
	FaultNullFields    Fault = "null fields"
	FaultNestedContent Fault = "nested content" // the object inside an array
	FaultDeep          Fault = "deep"           // ten thousand arrays in one another
	FaultMany          Fault = "many"           // an unknown member of a hundred thousand entries
	FaultInvalidUTF8   Fault = "invalid utf-8"
	FaultSurrogates    Fault = "surrogates" // half a pair, escaped
	FaultControls      Fault = "controls"   // a raw line end within a string
)

// A rule makes a fault. It has before, when the model does not run, or some of the others.
type rule struct {
	fault   Fault
	outcome Outcome
	before  func(s *Server, a *answer) // makes the answer
	content func(string) string        // changes what the model says
	reply   func(r map[string]any)     // changes the reply object
	after   func(s *Server, a *answer) // changes what is sent
}

// Faults lists all faults.
func Faults() []Fault {
	var out []Fault
	for _, r := range rules() {
		out = append(out, r.fault)
	}
	return out
}

// Outcome is what a right client makes of the fault.
func (f Fault) Outcome() Outcome { return ruleOf(f).outcome }

// Billed reports whether the model ran.
func (f Fault) Billed() bool { return ruleOf(f).before == nil }

// ruleOf panics on a fault that does not exist; "" is none.
func ruleOf(f Fault) rule {
	if f == "" {
		return rule{outcome: Usable}
	}
	all := rules()
	i := slices.IndexFunc(all, func(r rule) bool { return r.fault == f })
	if i < 0 {
		panic(fmt.Sprintf("fakellm: no fault %q", f))
	}
	return all[i]
}

// due is the fault that the n-th chat request meets.
func (s *Server) due(n int, always Fault) Fault {
	if f, ok := s.o.FaultAt[n]; ok {
		return f
	}
	if s.o.FaultRate > 0 && s.chance("fails", fmt.Sprint(n)) < s.o.FaultRate {
		return s.o.RateFaults[s.hash("fault", fmt.Sprint(n))%uint64(len(s.o.RateFaults))]
	}
	return always
}
