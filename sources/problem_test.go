package sources

import (
	"errors"
	"strings"
	"testing"
)

// Each sentence says what to do next and repeats nothing it was given.
func TestProblemSentences(t *testing.T) {
	for code, row := range problems {
		parts := strings.SplitAfter(strings.TrimSpace(row.sentence), ". ")
		if len(parts) < 2 || !strings.HasSuffix(row.sentence, ".") || strings.Contains(row.sentence, "error:") {
			t.Errorf("%s: %q says what is wrong or what to do, not both", code, row.sentence)
		}
		p := problem(code, errors.New("dial tcp 10.0.0.1:80"))
		if p.Sentence != row.sentence || strings.Contains(p.Error(), "10.0.0.1") || p.Unwrap() == nil {
			t.Errorf("%s: %+v", code, p)
		}
	}
	if p := problemOf(codeStatus, 418); !strings.Contains(p.Sentence, "418") || strings.Contains(p.Sentence, "%") {
		t.Errorf("%q", p.Sentence)
	}
	if p := tooLarge(512 << 10); !strings.Contains(p.Sentence, "0.5 MB") {
		t.Errorf("%q", p.Sentence)
	}
}
