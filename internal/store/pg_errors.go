package store

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATEs that somebody acts on (PostgreSQL manual, appendix A).
const (
	pgUnique     = "23505"
	pgDiskFull   = "53100"
	pgCrowded    = "53300" // too many connections
	pgNoRole     = "28000"
	pgNoPassword = "28P01"
	pgNoDatabase = "3D000"
	pgNoSchema   = "3F000"
	pgDenied     = "42501"
	pgStarting   = "57P03"

	pgDamagedPage  = "XX001"
	pgDamagedIndex = "XX002"
)

func knownPG(code string) error {
	switch {
	case code == pgUnique:
		return ErrExists
	case code == pgDiskFull:
		return ErrFull
	case code == pgDamagedPage, code == pgDamagedIndex:
		return ErrDamaged
	case code == pgCrowded, strings.HasPrefix(code, "57P"), strings.HasPrefix(code, "08"): // shut down, starting, connection lost
		return ErrAway
	}
	return nil
}

// unreachable reports whether a server did not answer, or stopped answering.
func unreachable(err error) bool {
	var connect *pgconn.ConnectError
	var op *net.OpError
	return errors.As(err, &connect) || errors.As(err, &op) || errors.Is(err, io.ErrUnexpectedEOF)
}

// explained says in plain words why a PostgreSQL database does not open, before PostgreSQL says it in its own.
func explained(err error, c *pgconn.Config) error {
	var pg *pgconn.PgError
	var say string
	switch {
	case errors.As(err, &pg):
		switch pg.Code {
		case pgNoRole, pgNoPassword:
			say = fmt.Sprintf("the server does not let %q in with this password; check the role, PGPASSWORD or the password file, and pg_hba.conf", c.User)
		case pgNoDatabase:
			say = fmt.Sprintf("there is no database %q; make it with CREATE DATABASE", c.Database)
		case pgNoSchema:
			say = "the schema of search_path does not exist; make it with CREATE SCHEMA"
		case pgDenied:
			say = fmt.Sprintf("%q may not make tables there; make it the owner of the database, or GRANT CREATE ON SCHEMA to it", c.User)
		case pgCrowded:
			say = "the server has no connection left; raise its max_connections, or lower pool_max_conns in the URL"
		case pgStarting:
			say = "the server is starting; try again in a moment"
		default:
			return err
		}
	case unreachable(err):
		say = "no PostgreSQL server answers at " + address(c) + "; is it running, and does it listen there?"
	default:
		return err
	}
	return fmt.Errorf("%s: %w", say, err)
}

func address(c *pgconn.Config) string {
	if strings.HasPrefix(c.Host, "/") {
		return c.Host
	}
	return net.JoinHostPort(c.Host, fmt.Sprint(c.Port))
}

// ShownURL is the URL of a store as it may be logged and shown: without password, and of an address that cannot be
// understood the scheme alone.
func ShownURL(s string) string {
	scheme, _, found := strings.Cut(s, ":")
	if !found || scheme == "sqlite" {
		return s
	}
	u, err := url.Parse(s)
	if err != nil || u.Opaque != "" || !isPostgres(s) {
		return scheme + ":…"
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	q := u.Query()
	for key := range q {
		if strings.Contains(strings.ToLower(key), "password") {
			q.Del(key)
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}

func isPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres:") || strings.HasPrefix(url, "postgresql:")
}
