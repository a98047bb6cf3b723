package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// A copyTable is a table as Copy sees it. It is read from the schema, so that none can be forgotten.
type copyTable struct {
	name    string
	columns []copyColumn
	key     []int  // columns of the primary key, in its order
	counted string // the column that counts by itself, or ""
	after   []string
}

type copyColumn struct {
	name string
	kind kind
}

// A kind is what a column holds.
type kind string

const (
	kindText   kind = "text"
	kindInt    kind = "bigint"
	kindBool   kind = "boolean"
	kindDouble kind = "double precision"
)

func kindOf(declared string) (kind, error) {
	switch k := kind(strings.ToLower(declared)); k {
	case "integer":
		return kindInt, nil
	case kindText, kindInt, kindBool, kindDouble:
		return k, nil
	}
	return "", fmt.Errorf("its type %s cannot be copied", declared)
}

// pointer is where a value of the kind, or none, is read into.
func (k kind) pointer() any {
	switch k {
	case kindInt:
		return new(*int64)
	case kindBool:
		return new(*bool)
	case kindDouble:
		return new(*float64)
	}
	return new(*string)
}

func deref(p any) any {
	switch v := p.(type) {
	case **int64:
		if *v != nil {
			return **v
		}
	case **bool:
		if *v != nil {
			return **v
		}
	case **float64:
		if *v != nil {
			return **v
		}
	case **string:
		if *v != nil {
			return **v
		}
	}
	return nil
}

// searchIndex is the search index as a table: a row of it is the number and the words with spaces between. SQLite keeps
// the words in the index alone, and gives them back through fts5vocab.
const searchIndex = "article_fts"

// uncopied are the tables of which nothing is copied: marks of the database itself, and what processes hold that run on it.
var uncopied = []string{"meta", "goose_db_version", "processes", "leases", "rates"}

// copyTables returns the tables of a SQLite database, each after those that it refers to.
func copyTables(ctx context.Context, src *DB) ([]copyTable, error) {
	q := src.Read()
	names, err := collect(ctx, q, scanText, src.dialect.tables)
	if err != nil {
		return nil, err
	}
	var todo []copyTable
	for _, name := range names {
		if slices.Contains(uncopied, name) || strings.HasPrefix(name, "river_") || name == searchIndex {
			continue
		}
		t, err := readTable(ctx, q, name)
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", name, err)
		}
		todo = append(todo, t)
	}
	todo = append(todo, copyTable{name: searchIndex, columns: []copyColumn{{"rowid", kindInt}, {"tokens", kindText}}, key: []int{0}})
	var out []copyTable
	there := map[string]bool{}
	for len(todo) > 0 {
		n := len(out)
		todo = slices.DeleteFunc(todo, func(t copyTable) bool {
			for _, other := range t.after {
				if other != t.name && !there[other] {
					return false
				}
			}
			out = append(out, t)
			there[t.name] = true
			return true
		})
		if len(out) == n {
			return nil, errors.New("tables refer to each other in a circle")
		}
	}
	return out, nil
}

func readTable(ctx context.Context, q *Q, name string) (copyTable, error) {
	t := copyTable{name: name}
	type column struct {
		copyColumn
		pk int
	}
	columns, err := collect(ctx, q, func(r scanner) (c column, err error) {
		var declared string
		if err = r.Scan(&c.name, &declared, &c.pk); err == nil {
			c.kind, err = kindOf(declared)
		}
		if declared == "INTEGER" && c.pk == 1 {
			t.counted = c.name
		}
		return c, err
	}, "SELECT name, type, pk FROM pragma_table_info($1) ORDER BY cid", name)
	if err != nil {
		return t, err
	}
	for n := 1; ; n++ {
		i := slices.IndexFunc(columns, func(c column) bool { return c.pk == n })
		if i < 0 {
			break
		}
		t.key = append(t.key, i)
	}
	if len(t.key) == 0 {
		return t, errors.New("it has no primary key")
	}
	for _, c := range columns {
		t.columns = append(t.columns, c.copyColumn)
	}
	t.after, err = collect(ctx, q, scanText, `SELECT "table" FROM pragma_foreign_key_list($1)`, name)
	return t, err
}

func (t copyTable) names() (names []string) {
	for _, c := range t.columns {
		names = append(names, c.name)
	}
	return names
}

func (t copyTable) keyNames() (names []string) {
	for _, i := range t.key {
		names = append(names, t.columns[i].name)
	}
	return names
}

// read yields the rows of a SQLite table after a key, in the order of the key.
func (t copyTable) read(ctx context.Context, src *DB, after []any, yield func(row) error) error {
	if t.name == searchIndex {
		return readIndex(ctx, src, after, yield)
	}
	names := strings.Join(t.keyNames(), ", ")
	where := ""
	if after != nil {
		var at []string
		for i := range after {
			at = append(at, "$"+strconv.Itoa(i+1))
		}
		where = " WHERE (" + names + ") > (" + strings.Join(at, ", ") + ")"
	}
	rows, err := src.reader.QueryContext(ctx, "SELECT "+strings.Join(t.names(), ", ")+" FROM "+t.name+where+" ORDER BY "+names, after...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		r, err := t.scan(rows)
		if err != nil {
			return err
		}
		if err := yield(r); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (t copyTable) scan(s scanner) (row, error) {
	into := make([]any, len(t.columns))
	for i, c := range t.columns {
		into[i] = c.kind.pointer()
	}
	if err := s.Scan(into...); err != nil {
		return nil, err
	}
	for i := range into {
		into[i] = deref(into[i])
	}
	return into, nil
}

// readIndex yields the rows of the search index, on a connection of its own: the words come in the order of the
// alphabet, and are sorted by row in a temporary file.
func readIndex(ctx context.Context, src *DB, after []any, yield func(row) error) error {
	c, err := sql.Open("sqlite", dsn(src.path, []string{"temp_store(FILE)", "cache_size(" + readerCache + ")"}))
	if err != nil {
		return err
	}
	defer c.Close()
	c.SetMaxOpenConns(1) // the table below belongs to one connection
	if _, err := c.ExecContext(ctx, "CREATE VIRTUAL TABLE temp.copy_words USING fts5vocab(main, "+searchIndex+", instance)"); err != nil {
		return err
	}
	from := int64(-1)
	if after != nil {
		from = after[0].(int64)
	}
	words, err := c.QueryContext(ctx, "SELECT doc, term FROM temp.copy_words WHERE doc > $1 ORDER BY doc", from)
	if err != nil {
		return err
	}
	defer words.Close()
	var doc int64
	var tokens []string
	flush := func() error {
		if tokens == nil {
			return nil
		}
		r := row{doc, inOrder(tokens)}
		tokens = nil
		return yield(r)
	}
	for words.Next() {
		var d int64
		var term string
		if err := words.Scan(&d, &term); err != nil {
			return err
		}
		if d != doc {
			if err := flush(); err != nil {
				return err
			}
			doc = d
		}
		tokens = append(tokens, term)
	}
	if err := words.Err(); err != nil {
		return err
	}
	return flush()
}

// inOrder is the tokens of one row as they are compared and copied: each once, in the order of the alphabet.
func inOrder(tokens []string) string {
	slices.Sort(tokens)
	return strings.Join(slices.Compact(tokens), " ")
}

// write inserts rows into PostgreSQL.
func (t copyTable) write(ctx context.Context, tx pgx.Tx, rows [][]any) error {
	if t.name == searchIndex {
		b := &pgx.Batch{}
		for _, r := range rows {
			b.Queue(pgDialect.index, r...)
		}
		return tx.SendBatch(ctx, b).Close()
	}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{t.name}, t.names(), pgx.CopyFromRows(rows))
	return err
}

// find returns the checksums of the rows of PostgreSQL with the keys of rows.
func (t copyTable) find(ctx context.Context, dst *DB, rows []row) (map[string][sha256.Size]byte, error) {
	var arrays, names, on []string
	var args []any
	for n, i := range t.key {
		c := t.columns[i]
		var list any
		switch c.kind {
		case kindInt:
			list = keys[int64](rows, i)
		case kindText:
			list = keys[string](rows, i)
		default:
			return nil, fmt.Errorf("its key has the type %s", c.kind)
		}
		args = append(args, list)
		k := "k" + strconv.Itoa(n+1)
		arrays = append(arrays, "$"+strconv.Itoa(n+1)+"::"+string(c.kind)+"[]")
		names = append(names, k)
		on = append(on, "t."+c.name+" = k."+k)
	}
	columns := "t." + strings.Join(t.names(), ", t.")
	if t.name == searchIndex {
		columns = "t.rowid, array_to_string(tsvector_to_array(t.tokens), ' ')"
	}
	there := make(map[string][sha256.Size]byte, len(rows))
	found, err := collect(ctx, dst.Read(), t.scan, "SELECT "+columns+" FROM "+t.name+" t JOIN unnest("+strings.Join(arrays, ", ")+
		") AS k ("+strings.Join(names, ", ")+") ON "+strings.Join(on, " AND "), args...)
	for _, r := range found {
		if t.name == searchIndex {
			r[1] = inOrder(strings.Fields(r[1].(string))) // PostgreSQL puts short words first
		}
		there[t.keyOf(r)] = r.sum()
	}
	return there, err
}

func keys[T any](rows []row, column int) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		values, _ := r.mended()
		out[i], _ = values[column].(T)
	}
	return out
}
