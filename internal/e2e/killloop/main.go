// Command killloop kills the real program with SIGKILL, over and over, while it fetches, briefs and posts, and says whether
// an article was lost, a slot missed, a digest posted twice or the database damaged:
//
//	go run ./internal/e2e/killloop -n 1000
//	go run ./internal/e2e/killloop -n 1000 -store postgres
//	go run ./internal/e2e/killloop -n 200 -signal term
//	go run ./internal/e2e/killloop -n 10 -store postgres -workers 2
//
// With -signal term it is told to end instead, and must end well within ten seconds. With -workers so many workers and a
// gateway share a database, one worker is killed at a time, and the others must have done what it left within 90 seconds;
// their time is the machine's, so that a round takes about a minute.
//
// A seed gives the same points of kill; what the program is doing elsewhere at that moment is the machine's. The exit code is 0
// when every promise was kept, 1 when one was broken, 2 when the loop could not be run. Everything happens on loopback, in a
// temporary folder; PostgreSQL is the server that PG_DSN names, or one that is started for the loop.
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"attache/internal/e2e/crash"
	"attache/internal/e2e/process"
	"attache/internal/store/storetest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx)
	stop()
	os.Exit(code)
}

func run(ctx context.Context) int {
	n := flag.Int("n", 100, "kills")
	sig := flag.String("signal", "kill", "kill or term")
	crew := flag.Int("workers", 0, "so many workers and a gateway, of which one worker is killed at a time (at least 2, on PostgreSQL; default: one program is all)")
	seed := flag.Uint64("seed", rand.Uint64(), "of the points at which it is killed (default: another one each time)")
	engine := flag.String("store", "sqlite", "sqlite or postgres")
	nonce := flag.Duration("nonce", 3*time.Minute, "how long the Discord on loopback remembers a nonce; below two minutes it is less than the program relies on, and the loop must find digests posted twice")
	bin := flag.String("bin", "", "the program's binary (default: it is built)")
	keep := flag.Bool("keep", false, "keep the folder with the database of SQLite and what the program wrote, also when all went well")
	flag.Parse()
	if *n < 1 || flag.NArg() > 0 || *engine != "sqlite" && *engine != "postgres" {
		fmt.Fprintln(os.Stderr, "killloop: -n must be at least 1, and -store sqlite or postgres.")
		flag.Usage()
		return 2
	}
	if *sig != "kill" && *sig != "term" || *crew != 0 && (*crew < 2 || *engine != "postgres" || *sig != "kill") {
		fmt.Fprintln(os.Stderr, "killloop: -signal is kill or term; -workers must be at least 2, with -store postgres and -signal kill.")
		flag.Usage()
		return 2
	}
	dir, err := os.MkdirTemp("", "attache-killloop-")
	if err != nil {
		return failed(err)
	}
	fmt.Printf("seed %d, %s, %d times SIG%s, in %s\n", *seed, *engine, *n, strings.ToUpper(*sig), dir)
	began := time.Now()
	r, err := loop(ctx, dir, *engine, crash.Options{
		Bin: *bin, Dir: dir, Rounds: *n, Seed: *seed, NonceWindow: *nonce, Term: *sig == "term", Workers: *crew, Progress: os.Stdout,
	})
	if !*keep && err == nil && len(r.Problems) == 0 {
		err = os.RemoveAll(dir)
	}
	if err != nil {
		return failed(fmt.Errorf("after %d rounds: %w; see %s", r.Rounds, err, filepath.Join(dir, "program.log")))
	}
	return tell(r, *sig, dir, *seed, time.Since(began))
}

func failed(err error) int {
	fmt.Fprintln(os.Stderr, "killloop:", err)
	return 2
}

// loop runs the loop on an engine, with a program that it builds unless there is one.
func loop(ctx context.Context, dir, engine string, o crash.Options) (r crash.Report, err error) {
	if o.Bin == "" {
		o.Bin, err = process.Build(ctx, dir)
	} else {
		o.Bin, err = filepath.Abs(o.Bin) // it runs in another folder
	}
	if err != nil {
		return r, err
	}
	if engine == "postgres" {
		url, drop, err := storetest.Database()
		if err != nil {
			return r, err
		}
		defer storetest.Stop()
		defer func() {
			if derr := drop(); derr != nil {
				fmt.Fprintln(os.Stderr, "killloop:", derr)
			}
		}()
		o.Postgres = url
		return crash.Run(ctx, o)
	}
	return crash.Run(ctx, o)
}

// tell prints the verdict and returns the exit code.
func tell(r crash.Report, sig, dir string, seed uint64, took time.Duration) int {
	var kills []string
	for _, at := range slices.Sorted(maps.Keys(r.Kills)) {
		kills = append(kills, fmt.Sprintf("%s %d", at, r.Kills[at]))
	}
	fmt.Printf("\nended at      %s\n", strings.Join(kills, " · "))
	if r.Slots > 0 { // it came to its end
		fmt.Printf("articles      %d published and stored\n", r.Articles)
		fmt.Printf("slots         %d posted, in %d messages\n", r.Slots, r.Messages)
		fmt.Printf("sent again    %d parts; %d times Discord knew the nonce, %d times the channel was read\n", r.Again, r.Repeats, r.Looked)
		fmt.Printf("briefs        %d by the model, in %d questions\n", r.Written, r.Asked)
	}
	if sig == "term" {
		fmt.Printf("to end        took %s at most\n", r.Longest.Round(time.Millisecond))
	}
	if n := len(r.Taken); n > 0 {
		slices.Sort(r.Taken)
		fmt.Printf("what a dead worker left was done by others after %.1f s (median), at most %.1f s\n", r.Taken[n/2].Seconds(), r.Taken[n-1].Seconds())
	}
	fmt.Printf("time          %s\n", took.Round(time.Second))
	for _, u := range r.Unkept {
		fmt.Println("not checked:", u)
	}
	if missed := r.Missed(); len(missed) > 0 {
		fmt.Printf("not proven:   it never ended at %s; more rounds (-n) come there\n", strings.Join(missed, ", "))
	}
	if len(r.Problems) == 0 {
		fmt.Printf("\nKEPT: %d times SIG%s, no article lost, no slot missed, no digest twice, the database whole.\n", r.Rounds, strings.ToUpper(sig))
		return 0
	}
	fmt.Println()
	for _, p := range r.Problems {
		fmt.Println("-", p)
	}
	fmt.Printf("\nBROKEN after %d times SIG%s, with seed %d. The folder %s has the database and program.log.\n", r.Rounds, strings.ToUpper(sig), seed, dir)
	return 1
}
