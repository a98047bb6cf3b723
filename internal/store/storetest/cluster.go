package storetest

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Locked is a role of the cluster that needs the password LockedPassword; others are let in without one.
const (
	Locked         = "locked"
	LockedPassword = "not-a-real-password"
)

const (
	prefix     = "attache-pg-" // of the folder, followed by the process's number
	startLimit = 60 * time.Second
	stopLimit  = 20 * time.Second
)

// startCluster makes a cluster in a temporary folder and runs it until stop. It ends with this process, however that ends.
func startCluster() (dsn string, stop func(), err error) {
	bin, err := programs()
	if err != nil {
		return "", nil, err
	}
	removeOld()
	dir, err := os.MkdirTemp("", prefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return "", nil, err
	}
	remove := func() { os.RemoveAll(dir) }
	defer func() {
		if err != nil {
			remove()
		}
	}()
	attr, err := asServer(dir)
	if err != nil {
		return "", nil, err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "--pgdata", data, "--username", "postgres", "--auth", "trust",
		"--encoding", "UTF8", "--locale", "C", "--no-sync")
	initdb.SysProcAttr, initdb.Dir = attr, dir
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", nil, fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	hba := "local all " + Locked + " scram-sha-256\nlocal all all trust\n"
	if err := os.WriteFile(filepath.Join(data, "pg_hba.conf"), []byte(hba), 0o600); err != nil { // the file stays the server's
		return "", nil, err
	}
	settings := []string{"-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "max_connections=200", "-c", "shared_buffers=128MB"}
	if !benchmarking() { // what a power cut would take away is of no use after the tests
		settings = append(settings, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return "", nil, err
	}
	defer log.Close()
	server := exec.Command(filepath.Join(bin, "postgres"), settings...)
	server.SysProcAttr, server.Dir, server.Stdout, server.Stderr = attr, dir, log, log
	started, ended := make(chan error, 1), make(chan struct{})
	go func() {
		// Linux ends the server when the thread that started it ends: it has this one until then.
		runtime.LockOSThread()
		started <- server.Start()
		_ = server.Wait()
		close(ended)
	}()
	if err := <-started; err != nil {
		return "", nil, fmt.Errorf("start postgres: %w", err)
	}
	stop = func() {
		_ = server.Process.Signal(syscall.SIGINT) // fast shutdown
		select {
		case <-ended:
		case <-time.After(stopLimit):
			_ = server.Process.Kill()
			<-ended
		}
		remove()
	}
	dsn = (&url.URL{Scheme: "postgres", User: url.User("postgres"), Path: "/postgres", RawQuery: url.Values{"host": {dir}}.Encode()}).String()
	if err := answers(dsn, ended); err != nil {
		text, _ := os.ReadFile(log.Name())
		stop()
		return "", nil, fmt.Errorf("%w: %s", err, bytes.TrimSpace(text))
	}
	if err := on(dsn, "CREATE ROLE "+Locked+" LOGIN PASSWORD '"+LockedPassword+"'"); err != nil {
		stop()
		return "", nil, err
	}
	return dsn, stop, nil
}

// answers waits until the server does.
func answers(dsn string, ended <-chan struct{}) error {
	limit := time.After(startLimit)
	for {
		err := on(dsn, "SELECT 1")
		if err == nil {
			return nil
		}
		select {
		case <-ended:
			return errors.New("postgres ended at once")
		case <-limit:
			return fmt.Errorf("postgres does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// programs returns the folder of the newest PostgreSQL of the machine. Debian keeps initdb out of the path.
func programs() (string, error) {
	folders, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(folders, func(a, b string) int { return major(b) - major(a) })
	for _, name := range []string{"initdb", "postgres"} {
		if p, err := exec.LookPath(name); err == nil {
			folders = append(folders, filepath.Dir(p))
		}
	}
	for _, f := range folders {
		_, e1 := os.Stat(filepath.Join(f, "initdb"))
		_, e2 := os.Stat(filepath.Join(f, "postgres"))
		if e1 == nil && e2 == nil {
			return f, nil
		}
	}
	return "", errors.New("set PG_DSN, or install the programs of PostgreSQL (Debian: postgresql)")
}

func major(folder string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(folder)))
	return n
}

// removeOld removes what test binaries left that were killed.
func removeOld() {
	old, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*"))
	for _, dir := range old {
		pid, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), prefix), "-")
		if n, err := strconv.Atoi(pid); err == nil && !alive(n) {
			os.RemoveAll(dir)
		}
	}
}

// benchmarking reports whether this binary was started for benchmarks: then the server waits for its disk as it should.
func benchmarking() bool {
	f := flag.Lookup("test.bench")
	return f != nil && f.Value.String() != ""
}
