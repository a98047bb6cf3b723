package fakellm

import (
	"bytes"
	"strings"
)

// replyRules are the faults of a reply whose body is whole: of its envelope, of its usage, and of its content.
func replyRules() []rule {
	toolCall := []any{map[string]any{"id": "call_fake", "type": "function",
		"function": map[string]any{"name": "post_message", "arguments": `{"channel":"general"}`}}}
	return []rule{
		{fault: FaultErrorBeside, outcome: Bad, reply: inChoice("error", map[string]any{"code": 502, "message": "Provider disconnected"})},
		{fault: FaultNoChoices, outcome: Bad, reply: set("choices", []any{})},
		{fault: FaultNullChoices, outcome: Bad, reply: set("choices", nil)},
		{fault: FaultNullMessage, outcome: Bad, reply: inChoice("message", nil)},
		{fault: FaultTwoChoices, outcome: Bad, reply: func(r map[string]any) {
			second := map[string]any{}
			for name, v := range choice(r) {
				second[name] = v
			}
			second["index"] = 1
			r["choices"] = []any{choice(r), second}
		}},
		{fault: FaultToolCalls, outcome: Bad, reply: func(r map[string]any) {
			message(r)["content"], message(r)["tool_calls"], choice(r)["finish_reason"] = nil, toolCall, "tool_calls"
		}},
		{fault: FaultToolsBeside, outcome: Bad, reply: inMessage("tool_calls", toolCall)},
		{fault: FaultFunctionCall, outcome: Bad, reply: func(r map[string]any) {
			message(r)["content"], choice(r)["finish_reason"] = nil, "function_call"
			message(r)["function_call"] = map[string]any{"name": "post_message", "arguments": "{}"}
		}},
		{fault: FaultContentArray, outcome: Bad, reply: func(r map[string]any) {
			message(r)["content"] = []any{map[string]any{"type": "text", "text": message(r)["content"]}}
		}},
		{fault: FaultContentObject, outcome: Bad, reply: inMessage("content", map[string]any{"headline": "Talks", "bullets": []any{}})},
		{fault: FaultNoContent, outcome: Bad, reply: func(r map[string]any) { delete(message(r), "content") }},
		{fault: FaultNullContent, outcome: Bad, reply: inMessage("content", nil)},
		{fault: FaultEmptyContent, outcome: Bad, reply: inMessage("content", "")},
		{fault: FaultBlankContent, outcome: Bad, reply: inMessage("content", " \n\t ")},
		{fault: FaultReasoningOnly, outcome: Bad, reply: func(r map[string]any) {
			message(r)["content"], message(r)["reasoning_content"] = "", "The user wants a summary. Let me think about the articles first."
		}},
		{fault: FaultRefusal, outcome: Bad, reply: func(r map[string]any) {
			message(r)["content"], message(r)["refusal"] = nil, "I'm sorry, I cannot assist with that request."
		}},
		{fault: FaultRefusalBeside, outcome: Bad, reply: inMessage("refusal", "I'm sorry, I cannot assist with that request.")},
		{fault: FaultTruncated, outcome: Bad, reply: func(r map[string]any) {
			s, _ := message(r)["content"].(string)
			message(r)["content"], choice(r)["finish_reason"] = cut(s, Tokens(s)/2), "length"
		}},
		{fault: FaultContentFilter, outcome: Bad, reply: func(r map[string]any) {
			message(r)["content"], choice(r)["finish_reason"] = "", "content_filter"
		}},
		{fault: FaultNoFinish, outcome: Bad, reply: inChoice("finish_reason", nil)},
		{fault: FaultOddFinish, outcome: Bad, reply: inChoice("finish_reason", "eos")},
		{fault: FaultUserRole, outcome: Bad, reply: inMessage("role", "user")},

		{fault: FaultNoUsage, outcome: Usable, reply: func(r map[string]any) { delete(r, "usage") }},
		{fault: FaultNullUsage, outcome: Usable, reply: set("usage", nil)},
		{fault: FaultZeroUsage, outcome: Usable, reply: counts(0, 0, 0)},
		{fault: FaultNegativeUsage, outcome: Usable, reply: counts(-1000, -1000, -2000)},
		{fault: FaultLyingUsage, outcome: Usable, reply: func(r map[string]any) {
			u := r["usage"].(map[string]any)
			in, out := u["prompt_tokens"].(int)*1_000_000, u["completion_tokens"].(int)*1_000_000
			counts(in, out, in+out)(r)
		}},
		{fault: FaultUsageStrings, outcome: Usable, reply: counts("12", "many", nil)},

		{fault: FaultTrailingText, outcome: Content, content: func(s string) string { return s + "\n\nI hope this helps!" }},
		{fault: FaultLeadingText, outcome: Content, content: func(s string) string { return "Here is the JSON that you asked for:\n" + s }},
		{fault: FaultFenced, outcome: Content, content: func(s string) string { return "```json\n" + s + "\n```" }},
		{fault: FaultThink, outcome: Content, content: func(s string) string {
			return "<think>\nThe articles are about talks. {\"headline\": \"a draft\"}\n</think>\n" + s
		}},
		{fault: FaultBOM, outcome: Content, content: func(s string) string { return "\ufeff" + s }},
		{fault: FaultTwoObjects, outcome: Content, content: func(s string) string { return s + s }},
		{fault: FaultHalfObject, outcome: Content, content: func(s string) string { return cut(s, Tokens(s)/2) }},
		{fault: FaultProse, outcome: Content, content: func(string) string { return "The two sides met, and will meet again." }},
		{fault: FaultDuplicateKeys, outcome: Content, content: func(s string) string {
			first, _, ok := strings.Cut(s, ":")
			if !ok {
				return s + s
			}
			return first + `:"a draft",` + strings.TrimPrefix(s, "{")
		}},
		{fault: FaultUnknownField, outcome: Content, content: first(`"post_to":"general"`)},
		{fault: FaultCaseField, outcome: Content, content: func(s string) string {
			for _, name := range []string{"headline", "verdicts", "first"} {
				s = strings.Replace(s, `"`+name+`":`, `"`+strings.ToUpper(name)+`":`, 1)
			}
			return s
		}},
		{fault: FaultNullFields, outcome: Content, content: func(string) string {
			return `{"headline":null,"bullets":null,"verdicts":null,"first":null,"last":null}`
		}},
		{fault: FaultNestedContent, outcome: Content, content: func(s string) string { return "[" + s + "]" }},
		{fault: FaultDeep, outcome: Content, content: first(`"deep":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000))},
		{fault: FaultMany, outcome: Content, content: first(`"many":[` + strings.Repeat("0,", 100_000) + `0]`)},
		// Put in after encoding, which would mend it.
		{fault: FaultInvalidUTF8, outcome: Bad, content: value(spoilt), after: func(_ *Server, a *answer) {
			a.body = bytes.Replace(a.body, []byte(spoilt), []byte("\xff\xfe"), 1)
		}},
		{fault: FaultSurrogates, outcome: Content, content: value(`\ud800`)},
		{fault: FaultControls, outcome: Content, content: value("a\nb\x01")},
	}
}

func choice(r map[string]any) map[string]any {
	return r["choices"].([]any)[0].(map[string]any)
}

func message(r map[string]any) map[string]any {
	return choice(r)["message"].(map[string]any)
}

func set(name string, v any) func(map[string]any) {
	return func(r map[string]any) { r[name] = v }
}

func inChoice(name string, v any) func(map[string]any) {
	return func(r map[string]any) { choice(r)[name] = v }
}

func inMessage(name string, v any) func(map[string]any) {
	return func(r map[string]any) { message(r)[name] = v }
}

func counts(in, out, total any) func(map[string]any) {
	return set("usage", map[string]any{"prompt_tokens": in, "completion_tokens": out, "total_tokens": total})
}

// first puts a member before the others of the object.
func first(member string) func(string) string {
	return func(s string) string {
		if rest, ok := strings.CutPrefix(s, "{"); ok {
			return "{" + member + "," + rest
		}
		return s + " " + member
	}
}

const spoilt = "(spoilt here)"

// value puts raw letters at the start of the first string that is a value, and of the first name where there is none.
func value(letters string) func(string) string {
	return func(s string) string {
		for _, before := range []string{`":"`, `"`} {
			if strings.Contains(s, before) {
				return strings.Replace(s, before, before+letters, 1)
			}
		}
		return letters + s
	}
}
