package store

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"attache/internal/text"
)

const quoteColumns = "q.id, q.article_id, q.revision, q.data, q.words"

func scanQuote(r scanner) (Quote, error) {
	var q Quote
	var data, words string
	if err := r.Scan(&q.ID, &q.Article, &q.Revision, &data, &words); err != nil {
		return Quote{}, err
	}
	if err := json.Unmarshal([]byte(data), &q.Quote); err != nil {
		return Quote{}, err
	}
	var err error
	q.Words, err = unlist(words)
	return q, err
}

// foldName is a person's name as it is searched: folded words, each with a space on both sides.
func foldName(name string) string {
	var b strings.Builder
	for _, s := range text.Words(name) {
		b.WriteString(" " + text.Stem(s.Of(name), ""))
	}
	if b.Len() == 0 {
		return ""
	}
	return b.String() + " "
}

// Quotes of the guild's articles, newest first; speaker is matched folded, "" is any; story 0 is any.
// Every word of speaker must be a word of the name: "putin" finds Vladimir Putin, "put" does not.
// The words are those of the revision they were found in and are kept when it is pruned.
func (s Scope) Quotes(ctx context.Context, speaker string, story int64, n int) ([]Quote, error) {
	args := []any{s.guild}
	var where strings.Builder
	for _, w := range strings.Fields(foldName(speaker)) {
		args = append(args, "% "+escapeLike(w)+" %")
		where.WriteString(" AND q.speaker_fold LIKE $" + strconv.Itoa(len(args)) + ` ESCAPE '\'`)
	}
	if speaker != "" && where.Len() == 0 {
		return nil, nil // a name without a letter is nobody's
	}
	if story != 0 {
		args = append(args, story)
		where.WriteString(" AND a.story = $" + strconv.Itoa(len(args)))
	}
	args = append(args, n)
	// CROSS JOIN, and an order that is the index's, keep SQLite to this: it walks the newest quotes until it has n, instead
	// of sorting all of a guild's (of 100,000 in half a second). Those of one story are few, and found by its articles.
	from := "quotes q CROSS JOIN articles a CROSS JOIN subscriptions b"
	if story != 0 {
		from = "articles a CROSS JOIN quotes q CROSS JOIN subscriptions b"
	}
	qs, err := collect(ctx, s.q, scanQuote, "SELECT "+quoteColumns+" FROM (SELECT q.* FROM "+from+`
		WHERE a.id = q.article_id AND b.source_id = a.source_id AND b.guild = $1 AND NOT b.blocked AND a.ingested`+where.String()+`
		ORDER BY q.at DESC, q.id DESC LIMIT $`+strconv.Itoa(len(args))+") q ORDER BY q.at DESC, q.article_id DESC, q.n", args...)
	return qs, failed("load quotes", err)
}

// Speakers are the names of who is quoted in the guild's articles, newest first and as often as they are: those of whose
// name every word of typed begins a word; "" is any name.
func (s Scope) Speakers(ctx context.Context, typed string, n int) ([]string, error) {
	args := []any{s.guild}
	var where strings.Builder
	for _, w := range strings.Fields(foldName(typed)) {
		args = append(args, "% "+escapeLike(w)+"%")
		where.WriteString(" AND q.speaker_fold LIKE $" + strconv.Itoa(len(args)) + ` ESCAPE '\'`)
	}
	args = append(args, n)
	names, err := collect(ctx, s.q, func(r scanner) (name string, err error) { err = r.Scan(&name); return name, err },
		`SELECT q.speaker FROM quotes q CROSS JOIN articles a CROSS JOIN subscriptions b
		WHERE a.id = q.article_id AND b.source_id = a.source_id AND b.guild = $1 AND NOT b.blocked AND a.ingested AND q.speaker <> ''`+where.String()+
			" ORDER BY q.at DESC, q.id DESC LIMIT $"+strconv.Itoa(len(args)), args...)
	return names, failed("load speakers", err)
}

// QuotesOf returns the quotes of the current revision of each of the given
// articles that the guild sees, in the order of the text.
func (s Scope) QuotesOf(ctx context.Context, articles []int64) (map[int64][]Quote, error) {
	of := map[int64][]Quote{}
	err := chunks(articles, 2, func(placeholders string, values []any) error {
		qs, err := collect(ctx, s.q, scanQuote, "SELECT "+quoteColumns+` FROM quotes q
			JOIN articles a ON a.id = q.article_id AND a.revision = q.revision
			JOIN subscriptions b ON b.source_id = a.source_id AND b.guild = $1 AND NOT b.blocked
			WHERE q.article_id IN (`+placeholders+") ORDER BY q.article_id, q.n", append([]any{s.guild}, values...)...)
		for _, q := range qs {
			of[q.Article] = append(of[q.Article], q)
		}
		return err
	})
	return of, failed("load quotes", err)
}

func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`).Replace(s)
}
