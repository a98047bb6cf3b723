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
	if p := problemOf(codeStatus, 418); !strings.Contains(p.Sentence, "418") || strings.Contains(p.Sentence, "{") {
		t.Errorf("%q", p.Sentence)
	}
	if p := tooLarge(512 << 10); !strings.Contains(p.Sentence, "0.5 MB") {
		t.Errorf("%q", p.Sentence)
	}
}

// A sentence that was stored is known again, with what it names.
func TestRecognize(t *testing.T) {
	given := []*Problem{problemOf(codeStatus, 418), tooLarge(512 << 10), tooLarge(20 << 20)}
	for code, row := range problems {
		if !strings.Contains(row.sentence, "{what}") {
			given = append(given, problem(code, nil))
		}
	}
	for kind := range mediaWords {
		given = append(given, problemOf(codeMedia, kind))
	}
	for _, p := range given {
		if code, what, ok := Recognize(p.Sentence); !ok || code != p.Code || what != p.What {
			t.Errorf("%q is %q of %q, want %q of %q", p.Sentence, code, what, p.Code, p.What)
		}
		if strings.ContainsAny(p.Sentence, "{}%") {
			t.Errorf("%q is not filled in", p.Sentence)
		}
	}
	for _, s := range []string{"", "a sentence of an earlier version.", "This is"} {
		if code, _, ok := Recognize(s); ok {
			t.Errorf("%q is taken for %q", s, code)
		}
	}
	// Whatever media says is a kind that has words.
	for contentType, want := range map[string]string{"image/png": "image", "video/mp4": "video", "audio/mpeg": "audio", "font/woff2": "font",
		"application/pdf": "document", "application/zip": "archive", "application/x-rar": "archive", "text/html": ""} {
		if got := media(contentType, nil); got != want || got != "" && mediaWords[got] == "" {
			t.Errorf("%s is %q, want %q", contentType, got, want)
		}
	}
}
