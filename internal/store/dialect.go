package store

import (
	"embed"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// A dialect is all in which the engines' SQL differs; everything else is one text of
// SQL for both. A boolean column is BOOLEAN, a time BIGINT, a structure TEXT
// that holds JSON, and placeholders are $1, $2 (the SQLite driver takes them
// by number like PostgreSQL, so that one may occur twice).
type dialect struct {
	name  string
	goose goose.Dialect
	// rowLock locks the rows of a SELECT until the transaction ends; before OF and the table. It does not hold up who
	// inserts rows that refer to them. SQLite has one writer and needs nothing.
	rowLock string
	// skipLocked ends the subquery that chooses rows to lease: what another process is about to take is passed over.
	skipLocked string
	// shared is whether several processes may run on the database.
	shared bool
	// clock asks the database for the time, in microseconds, where several processes share it.
	clock string
	// hasty is a statement after which a transaction that a power cut undoes does no harm need not wait for the disk.
	hasty string
	// turns says whether a transaction may lease sources: one at a time, so that no two lease sources of one host.
	turns string
	// orphans makes the jobs that process $1 runs available again.
	orphans string
	// search is the FROM and WHERE of a search: the articles a whose tokens match $2, with order key f.rowid.
	search [2]string
	// match builds $2 of search out of text.Query's tokens; "" when nothing can match.
	match func(words [][]string) string
	// index inserts the search tokens $2 (words with spaces between) of row $1.
	index string
	// newest is the FROM and WHERE of the $2 newest ingested articles a of each subscription b of guild $1.
	newest [2]string
	// tables lists the tables that this program and the job engine made.
	tables string
	// ddl is the folder of the engine's migrations.
	ddl string
}

var sqliteDialect = dialect{
	name:    "SQLite",
	goose:   goose.DialectSQLite3,
	orphans: "UPDATE river_job SET state = 'available' WHERE state = 'running' AND attempted_by ->> '$[#-1]' = $1",
	// CROSS JOIN keeps the order of the loops: the index from its newest row on, then the article it belongs to.
	search: [2]string{"article_fts f CROSS JOIN articles a ON a.doc = f.rowid AND a.doc <> 0", "article_fts MATCH $2"},
	match:  matchFTS5,
	index:  "INSERT INTO article_fts (rowid, tokens) VALUES ($1, $2)",
	newest: [2]string{"subscriptions b CROSS JOIN articles a",
		"a.id IN (SELECT x.id FROM articles x WHERE x.source_id = b.source_id AND x.ingested ORDER BY x.at DESC, x.id DESC LIMIT $2)"},
	// What an FTS5 table is made of has its name before it.
	tables: `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name NOT LIKE 'article\_fts\_%' ESCAPE '\' ORDER BY name`,
	ddl:    "migrations/sqlite",
}

var pgDialect = dialect{
	name:       "PostgreSQL",
	goose:      goose.DialectPostgres,
	rowLock:    " FOR NO KEY UPDATE",
	skipLocked: "FOR NO KEY UPDATE SKIP LOCKED",
	shared:     true,
	clock:      "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint",
	hasty:      "SET LOCAL synchronous_commit = off",
	turns:      "SELECT pg_try_advisory_xact_lock(" + turnsLock + ")",
	orphans:    "UPDATE river_job SET state = 'available' WHERE state = 'running' AND attempted_by[array_upper(attempted_by, 1)] = $1",
	search:     [2]string{"article_fts f JOIN articles a ON a.doc = f.rowid AND a.doc <> 0", "f.tokens @@ $2::tsquery"},
	match:      matchTS,
	index:      "INSERT INTO article_fts (rowid, tokens) VALUES ($1, array_to_tsvector(string_to_array($2, ' ')))",
	// A subquery that names b would be asked anew for each pair of b and a.
	newest: [2]string{`subscriptions b CROSS JOIN LATERAL
		(SELECT x.* FROM articles x WHERE x.source_id = b.source_id AND x.ingested ORDER BY x.at DESC, x.id DESC LIMIT $2) a`, "TRUE"},
	tables: "SELECT table_name::text FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY 1",
	ddl:    "migrations/postgres",
}

// turnsLock is a number of ours among the advisory locks of a PostgreSQL database ("AttaTurn").
const turnsLock = "4716522671141384814"

func (d dialect) migrations() (fs.FS, error) { return fs.Sub(migrations, d.ddl) }

// Most words of a query, and most forms of one word, that are searched for;
// what is beyond is left out. A person types a handful; the limits keep a
// hostile query from building an expression of megabytes.
const (
	maxQueryWords = 16
	maxWordForms  = 12
	// maxToken and maxTokens are bytes of a token, and of all tokens of an article, that are indexed: what a tsvector takes
	// (2,046 and 1,048,575). A token of text.Tokens has at most 48 letters, and an article of 1 MB about 100 KB of them.
	maxToken  = 1000
	maxTokens = 1_000_000
)

// matchFTS5 writes an FTS5 expression: any form of a word, and every word.
// Each token stands in quotation marks and holds none, so nothing a person
// types is an operator. The index does not know which token follows another:
// what its tokenizer would cut into several is asked for as several.
func matchFTS5(words [][]string) string {
	between := func(r rune) bool { return r < utf8.RuneSelf && !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	return match(words, " AND ", " OR ", func(t string) string {
		return `("` + strings.Join(strings.FieldsFunc(t, between), `" AND "`) + `")`
	})
}

// matchTS writes a tsquery in the same way. Its words are compared as they are: the index holds tokens, and no
// configuration of text search takes part.
func matchTS(words [][]string) string {
	return match(words, " & ", " | ", func(t string) string {
		return "'" + strings.NewReplacer(`'`, `''`, `\`, `\\`).Replace(storable(t)) + "'"
	})
}

func match(words [][]string, and, or string, quoted func(token string) string) string {
	var all []string
	for _, forms := range words[:min(len(words), maxQueryWords)] {
		var any []string
		for _, t := range forms[:min(len(forms), maxWordForms)] {
			if t = strings.ReplaceAll(t, "\x00", ""); searchable(t) && len(t) <= maxToken {
				any = append(any, quoted(t))
			}
		}
		if len(any) > 0 {
			all = append(all, "("+strings.Join(any, or)+")")
		}
	}
	return strings.Join(all, and)
}

// returning is a list of columns of alias s as RETURNING takes it: SQLite knows
// the table there by its own name only.
func returning(columns string) string { return strings.ReplaceAll(columns, "s.", "sources.") }
