package crash

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"attache/internal/fakediscord"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
)

// facts are what the world and the database say once the program has settled.
type facts struct {
	published []piece             // until the moment at which the program was to settle
	known     map[string]piece    // all, by path: some came while it did
	stored    map[string][]stored // by path
	slots     []slot              // that fell due until then
	due       map[slot]bool       // all, those included that fell due meanwhile
	delivered map[slot][]delivery
	parts     []part
	messages  []fakediscord.Message
	quotes    []quoted
	asked     int // questions to the model
	billed    int // tokens
	booked    int // rows of questions
	tokens    int // of these rows
	written   int // briefs of the model
	violated  []string
	damage    []string // what the database says of itself
	unkept    []string
}

// A slot is a schedule, by the minute at which it falls due, and its local wall time.
type slot struct {
	minute int
	wall   string
}

type stored struct {
	title, text     string
	ingested, found bool // found: it is in the index of words
}

type delivery struct {
	status, reason string
	parts          int
}

type part struct {
	delivery                                int64
	n                                       int
	channel, nonce, marker, status, message string
	tries                                   int
}

type quoted struct {
	words []string
	text  string
}

// slotsUntil are the slots that fall due after from and not after until: the calendar of this package, for hours in UTC.
func slotsUntil(from, until time.Time) []slot {
	var out []slot
	for t := from.Truncate(time.Minute); !t.After(until); t = t.Add(time.Minute) {
		if !t.Before(from) {
			out = append(out, slot{t.Minute(), t.Format("2006-01-02T15:04")})
		}
	}
	return out
}

func (w *world) postgres() bool { return !strings.HasPrefix(w.store, "sqlite:") }

// open opens the database beside the program.
func (w *world) open() (*sql.DB, error) {
	if w.postgres() {
		return sql.Open("pgx", w.store)
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(strings.TrimPrefix(w.store, "sqlite:")), RawQuery: "_pragma=busy_timeout(10000)"}
	return sql.Open("sqlite", u.String())
}

// facts reads everything. No program runs.
func (w *world) facts(ctx context.Context, due time.Time) (facts, error) {
	now := w.clock.now()
	f := facts{published: w.room.until(due), known: map[string]piece{}, stored: map[string][]stored{}, slots: slotsUntil(w.began, due), due: map[slot]bool{},
		delivered: map[slot][]delivery{}, messages: w.messages(), asked: w.questions(), violated: append(w.discord.Violations(), w.llm.Violations()...)}
	for _, p := range w.room.until(now) {
		f.known[p.path] = p
	}
	for _, s := range slotsUntil(w.began, now) {
		f.due[s] = true
	}
	billed := w.llm.Billed()
	f.billed = billed.In + billed.Out
	db, err := w.open()
	if err != nil {
		return f, err
	}
	defer db.Close()
	for _, read := range []func(context.Context, *sql.DB) error{f.readArticles, f.readDeliveries, f.readParts, f.readQuotes, f.readModel} {
		if err := read(ctx, db); err != nil {
			return f, err
		}
	}
	if w.postgres() {
		return f, f.examinePostgres(ctx, db)
	}
	return f, f.examineSQLite(ctx, db)
}

// each calls scan for every row of a query.
func each(ctx context.Context, db *sql.DB, query string, scan func(*sql.Rows) error) error {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
	}
	return rows.Err()
}

func (f *facts) readArticles(ctx context.Context, db *sql.DB) error {
	return each(ctx, db, `SELECT a.url, a.ingested, COALESCE(i.rowid, 0), COALESCE(r.title, ''), COALESCE(r.text, '') FROM articles a
		LEFT JOIN article_fts i ON i.rowid = a.doc AND a.doc <> 0
		LEFT JOIN article_revisions r ON r.article_id = a.id AND r.revision = a.revision`, func(rows *sql.Rows) error {
		var s stored
		var doc int64
		var at string
		if err := rows.Scan(&at, &s.ingested, &doc, &s.title, &s.text); err != nil {
			return err
		}
		s.found = doc != 0
		u, err := url.Parse(at)
		if err != nil {
			return err
		}
		f.stored[u.Path] = append(f.stored[u.Path], s)
		return nil
	})
}

func (f *facts) readDeliveries(ctx context.Context, db *sql.DB) error {
	return each(ctx, db, `SELECT s.spec, d.slot, d.status, d.reason, (SELECT COUNT(*) FROM parts p WHERE p.delivery_id = d.id)
		FROM deliveries d JOIN schedules s ON s.id = d.schedule_id`, func(rows *sql.Rows) error {
		var s slot
		var d delivery
		var spec string
		if err := rows.Scan(&spec, &s.wall, &d.status, &d.reason, &d.parts); err != nil {
			return err
		}
		if _, err := fmt.Sscanf(spec, "%d ", &s.minute); err != nil {
			return err
		}
		f.delivered[s] = append(f.delivered[s], d)
		return nil
	})
}

func (f *facts) readParts(ctx context.Context, db *sql.DB) error {
	return each(ctx, db, "SELECT delivery_id, n, channel, nonce, marker, status, message, tries FROM parts ORDER BY delivery_id, n", func(rows *sql.Rows) error {
		var p part
		err := rows.Scan(&p.delivery, &p.n, &p.channel, &p.nonce, &p.marker, &p.status, &p.message, &p.tries)
		f.parts = append(f.parts, p)
		return err
	})
}

func (f *facts) readQuotes(ctx context.Context, db *sql.DB) error {
	return each(ctx, db, "SELECT q.words, r.text FROM quotes q JOIN article_revisions r ON r.article_id = q.article_id AND r.revision = q.revision", func(rows *sql.Rows) error {
		var q quoted
		var words string
		if err := rows.Scan(&words, &q.text); err != nil {
			return err
		}
		f.quotes = append(f.quotes, q)
		return json.Unmarshal([]byte(words), &f.quotes[len(f.quotes)-1].words)
	})
}

func (f *facts) readModel(ctx context.Context, db *sql.DB) error {
	return db.QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM usage), (SELECT COALESCE(SUM(tokens_in + tokens_out), 0) FROM usage),
		(SELECT COUNT(*) FROM briefs WHERE engine <> 'extractive')`).Scan(&f.booked, &f.tokens, &f.written)
}

// examineSQLite has SQLite look at its file and its index of words at itself.
func (f *facts) examineSQLite(ctx context.Context, db *sql.DB) error {
	err := each(ctx, db, "PRAGMA integrity_check", func(rows *sql.Rows) error {
		var s string
		err := rows.Scan(&s)
		if s != "ok" {
			f.damage = append(f.damage, s)
		}
		return err
	})
	if err != nil {
		return err
	}
	err = each(ctx, db, "PRAGMA foreign_key_check", func(rows *sql.Rows) error {
		var table, parent string
		var row, n sql.NullInt64
		err := rows.Scan(&table, &row, &parent, &n)
		f.damage = append(f.damage, fmt.Sprintf("row %d of %s has no row of %s", row.Int64, table, parent))
		return err
	})
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, "INSERT INTO article_fts (article_fts) VALUES ('integrity-check')"); err != nil {
		f.damage = append(f.damage, "the index of words: "+err.Error())
	}
	return nil
}

// examinePostgres has amcheck look at every table and index, where the server has it.
func (f *facts) examinePostgres(ctx context.Context, db *sql.DB) error {
	if _, err := db.ExecContext(ctx, "CREATE EXTENSION IF NOT EXISTS amcheck"); err != nil {
		f.unkept = append(f.unkept, "tables and indexes were not examined: "+err.Error())
		return nil
	}
	err := each(ctx, db, `SELECT c.relname, v.blkno, v.msg FROM pg_class c, LATERAL verify_heapam(c.oid::regclass) v
		WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace`, func(rows *sql.Rows) error {
		var table, msg string
		var block int64
		err := rows.Scan(&table, &block, &msg)
		f.damage = append(f.damage, fmt.Sprintf("%s, block %d: %s", table, block, msg))
		return err
	})
	if err != nil {
		return err
	}
	// An index that is damaged is an error of the statement.
	err = each(ctx, db, `SELECT bt_index_check(c.oid::regclass, true) FROM pg_class c JOIN pg_am m ON m.oid = c.relam
		WHERE m.amname = 'btree' AND c.relkind = 'i' AND c.relnamespace = current_schema()::regnamespace`, func(*sql.Rows) error { return nil })
	if err != nil {
		f.damage = append(f.damage, err.Error())
	}
	return nil
}
