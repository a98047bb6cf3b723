package store

import (
	"embed"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// A dialect is all in which the engines differ; everything else is one text of
// SQL for both. A boolean column is BOOLEAN, a time BIGINT, a structure TEXT
// that holds JSON, and placeholders are $1, $2 (the SQLite driver takes them
// by number like PostgreSQL, so that one may occur twice).
type dialect struct {
	name  string
	goose goose.Dialect
	// skipLocked ends the subquery that chooses rows to lease. SQLite has one writer and needs nothing.
	skipLocked string
	// search is the FROM and WHERE of a search: the newest articles first of
	// those whose tokens match $2, as articles a with order key f.rowid.
	search string
	// match builds $2 of search out of text.Query's tokens; "" when nothing can match.
	match func(words [][]string) string
	// ddl is the folder of the engine's migrations.
	ddl string
}

var sqliteDialect = dialect{
	name:  "SQLite",
	goose: goose.DialectSQLite3,
	// CROSS JOIN keeps the order of the loops: the index from its newest row on, then the article it belongs to.
	search: "article_fts f CROSS JOIN articles a ON a.doc = f.rowid AND a.doc <> 0",
	match:  matchFTS5,
	ddl:    "migrations/sqlite",
}

func (d dialect) migrations() (fs.FS, error) { return fs.Sub(migrations, d.ddl) }

// Most words of a query, and most forms of one word, that are searched for;
// what is beyond is left out. A person types a handful; the limits keep a
// hostile query from building an expression of megabytes.
const (
	maxQueryWords = 16
	maxWordForms  = 12
)

// matchFTS5 writes an FTS5 expression: any form of a word, and every word.
// Each token stands in quotation marks with inner marks doubled, so nothing a
// person types is an operator.
func matchFTS5(words [][]string) string {
	var all []string
	for _, forms := range words[:min(len(words), maxQueryWords)] {
		var any []string
		for _, t := range forms[:min(len(forms), maxWordForms)] {
			t = strings.ReplaceAll(t, "\x00", "")
			if !searchable(t) {
				continue
			}
			any = append(any, `"`+strings.ReplaceAll(t, `"`, `""`)+`"`)
		}
		if len(any) > 0 {
			all = append(all, "("+strings.Join(any, " OR ")+")")
		}
	}
	return strings.Join(all, " AND ")
}

// returning is a list of columns of alias s as RETURNING takes it: SQLite knows
// the table there by its own name only.
func returning(columns string) string { return strings.ReplaceAll(columns, "s.", "sources.") }
