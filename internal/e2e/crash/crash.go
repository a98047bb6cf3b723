// Package crash kills the real program over and over, at points that matter, and proves afterwards that nothing came of it:
// no article is lost, no slot missed, no digest posted twice, the database whole. The program runs between a newsroom, a
// Discord and a model on loopback; each of them can kill it when it asks, when its answer is ready and when it has been told.
// It can as well be told to end there, and must then end well; and it can be one of several on a database, whose work the
// others must take up.
//
// The world has its own time, which leaps ahead while the program is dead, so that a digest falls due in every round. What
// the database holds is read by statements of this package: the program is not asked about itself.
package crash

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"attache/internal/e2e/process"
)

const (
	// lateKill is when a program is killed that did not come to its point. Starting takes half a second, what is due then
	// one or two more.
	lateKill = 6 * time.Second
	// settleAfter is after how much of the world's time the program may finish what it has to do. An hour after a slot the next
	// one of its schedule falls due, and would take its place if it is still unposted: rightly, but it is not what is tested.
	settleAfter = 30 * time.Minute
	// settleLimit is how long that may take: on PostgreSQL a job that failed waits for the engine's own pauses.
	settleLimit = 2 * time.Minute
	// buried is after how long another process on PostgreSQL knows that one is dead, and takes up what it held.
	buried = 21 * time.Second
)

// Options of Run.
type Options struct {
	Bin         string        // the program's binary
	Dir         string        // where it runs: configuration, log and the database of SQLite
	Postgres    string        // URL of an empty database; "" is SQLite
	Rounds      int           // kills
	Term        bool          // the program is told to end (SIGTERM) where it would be killed
	Workers     int           // beside a gateway, on PostgreSQL, of which one is killed at a time; 0: one program is all
	Seed        uint64        // of the points at which it is killed
	NonceWindow time.Duration // how long Discord remembers a nonce; 0 is three minutes
	Points      []Point       // killed at, one after the other; nil: all points, shuffled by Seed
	Progress    io.Writer     // a line a round for people; nil: none
	// Check sees each request to Discord, as fakediscord.Options.Check does.
	Check func(r *http.Request, body []byte) error
}

// A Report is what came of a loop.
type Report struct {
	Rounds   int
	Kills    map[string]int  // by point; "late" where the program did not come to its point
	Articles int             // published, and stored once each
	Slots    int             // that fell due
	Messages int             // that stand in the channels
	Again    int             // parts that were sent more than once
	Repeats  int             // of those requests, how many Discord answered with the message that it had, by its nonce
	Looked   int             // how often a channel's history was read for a part
	Asked    int             // questions to the model
	Written  int             // briefs by the model
	Longest  time.Duration   // that a program took to end, of those that were told to
	Taken    []time.Duration // how long it took until others had done what a dead worker left, where it left something
	Unkept   []string        // checks that could not be made, and why
	Problems []string        // what is wrong; none: all promises were kept
}

// Missed are the doors at which the program was never killed; of a loop that proves something there are none.
func (r Report) Missed() (doors []string) {
	for _, d := range []Door{Feed, Page, Model, Post} {
		if r.Kills[Point{Door: d, Moment: Asked}.String()]+r.Kills[Point{Door: d, Moment: Answered}.String()]+r.Kills[Point{Door: d, Moment: Told}.String()] == 0 {
			doors = append(doors, string(d))
		}
	}
	return doors
}

// Run kills the program o.Rounds times. An error says that the loop itself could not go on; what the program did wrong is in
// Report.Problems, after the first of which it ends.
func Run(ctx context.Context, o Options) (Report, error) {
	l := &loop{o: o, rand: rand.New(rand.NewPCG(o.Seed, 0)), report: Report{Kills: map[string]int{}}}
	if l.o.Progress == nil {
		l.o.Progress = io.Discard
	}
	var err error
	if l.world, err = newWorld(ctx, o); err != nil {
		return l.report, err
	}
	defer l.world.close()
	l.settled = l.world.began
	log, err := os.Create(filepath.Join(o.Dir, "program.log"))
	if err != nil {
		return l.report, err
	}
	l.log = log
	if o.Workers > 0 {
		err = l.several(ctx)
	} else {
		err = l.rounds(ctx)
	}
	return l.report, errors.Join(err, log.Close())
}

type loop struct {
	o       Options
	rand    *rand.Rand
	world   *world
	log     io.Writer
	deck    []Point
	settled time.Time // in the world, last
	report  Report
}

func (l *loop) rounds(ctx context.Context) error {
	for n := 1; n <= l.o.Rounds; n++ {
		if err := l.round(ctx, n); err != nil {
			return fmt.Errorf("round %d: %w", n, err)
		}
		if n == l.o.Rounds || l.world.clock.now().Sub(l.settled) > settleAfter {
			if err := l.settle(ctx); err != nil {
				return fmt.Errorf("after round %d: %w", n, err)
			}
		} else {
			l.report.Problems = append(l.report.Problems, twice(l.world.messages())...)
		}
		if len(l.report.Problems) > 0 {
			return nil
		}
	}
	return nil
}

// round lets some time pass, starts the program, and kills it at the next point.
func (l *loop) round(ctx context.Context, n int) error {
	p := l.next()
	if err := l.world.leap(ctx, p.Away+l.pause()); err != nil {
		return err
	}
	began := time.Now()
	r, err := l.world.run(l.world.places[0])
	if err != nil {
		return err
	}
	where, err := l.endAt(ctx, r, p)
	fmt.Fprintf(l.log, "# round %d, ended: %s\n%s", n, where, r.Output())
	if err != nil {
		return err
	}
	l.clean(r)
	l.report.Rounds = n
	l.report.Kills[where]++
	fmt.Fprintf(l.o.Progress, "round %4d  %-28s %5d articles %5d messages %5d questions  %s, %.1f s\n", n, where, len(l.world.room.published()),
		len(l.world.messages()), l.world.questions(), l.world.clock.now().Format("Mon 15:04"), time.Since(began).Seconds())
	return nil
}

// pause is how long the program is dead: mostly until just before a minute begins, which is when a digest falls due; at
// times some minutes, after which a nonce is forgotten. On PostgreSQL it is long enough for the next process to know.
func (l *loop) pause() time.Duration {
	now, least := l.world.clock.now(), time.Duration(0)
	if l.world.postgres() {
		least = buried
	}
	wake := now.Truncate(time.Minute).Add(time.Minute - time.Duration(l.rand.Int64N(int64(time.Second))))
	for !wake.After(now.Add(least)) {
		wake = wake.Add(time.Minute)
	}
	if l.rand.IntN(6) == 0 {
		wake = wake.Add(time.Duration(1+l.rand.IntN(5)) * time.Minute)
	}
	return wake.Sub(now)
}

// next is the point of the next round.
func (l *loop) next() Point {
	if len(l.deck) == 0 {
		if l.deck = l.o.Points; len(l.deck) == 0 {
			l.deck = points(l.rand, l.o.Workers == 0 && !l.o.Term)
		}
	}
	p := l.deck[0]
	l.deck = l.deck[1:]
	return p
}

// settle lets the program finish what is due, tells it to end, and looks at everything.
func (l *loop) settle(ctx context.Context) error {
	if err := l.world.leap(ctx, l.pause()); err != nil {
		return err
	}
	due, began := l.world.clock.now(), time.Now()
	r, err := l.world.run(l.world.places[0])
	if err != nil {
		return err
	}
	waited := l.world.await(ctx, due, r)
	l.stop(r, "the program")
	return l.verdict(ctx, due, began, waited)
}

// stop tells a program to end that has nothing to do.
func (l *loop) stop(r *process.Running, name string) {
	err := r.Stop()
	fmt.Fprintf(l.log, "# settled, %s\n%s", name, r.Output())
	l.clean(r)
	if err != nil {
		l.problem("%s did not end well: %v", name, err)
	}
}

// verdict looks at everything once no program runs. waited says what was not done by then.
func (l *loop) verdict(ctx context.Context, due, began time.Time, waited error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	l.settled = due
	f, err := l.world.facts(ctx, due)
	if err != nil {
		return err
	}
	l.report.Problems = append(l.report.Problems, f.judge()...)
	if waited != nil && len(l.report.Problems) == 0 {
		l.problem("%v", waited)
	}
	l.count(f)
	fmt.Fprintf(l.o.Progress, "settled     %5d slots posted, %d articles stored, %d problems, %.1f s\n", len(f.slots), len(f.stored), len(l.report.Problems), time.Since(began).Seconds())
	return nil
}

func (l *loop) count(f facts) {
	r := &l.report
	r.Articles, r.Slots, r.Messages, r.Asked = len(f.published), len(f.slots), len(f.messages), f.asked
	r.Repeats, r.Looked = l.world.counted()
	r.Written, r.Unkept, r.Again = f.written, f.unkept, 0
	for _, p := range f.parts {
		if p.tries > 1 {
			r.Again++
		}
	}
}

func (l *loop) problem(format string, args ...any) {
	l.report.Problems = append(l.report.Problems, fmt.Sprintf(format, args...))
}

// clean looks at what the program wrote: no secret, no panic, no error. Being killed is none of its own.
func (l *loop) clean(r *process.Running) {
	if err := process.Unclean(r.Output()); err != nil {
		l.problem("%v; see program.log", err)
	}
	for line := range bytes.Lines(r.Output()) {
		if bytes.Contains(line, []byte("level=ERROR")) {
			l.problem("the program told of an error: %s", bytes.TrimSpace(line))
		}
	}
}

// tail is the end of what a program wrote.
func tail(b []byte) []byte { return b[max(0, len(b)-2000):] }
