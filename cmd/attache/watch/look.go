package watch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"attache/internal/store"
)

// What is too late. Below the half of it, it is well again; in between it stays what it was.
const (
	postsLate  = 5 * time.Minute // 10,000 digests at 40 a second take four
	jobsLate   = 2 * time.Minute
	ingestLate = 10 * time.Minute
	fetchLate  = 30 * time.Minute // two intervals of a source
	// gatewayDown is how long a shard may take to be open again; Discord's own restarts take less than a minute.
	gatewayDown = 3 * time.Minute

	// Fetches fail broadly when so many fail and they are more than half of all. A few dead feeds are managers' business.
	fewFailing = 5

	// Of the sessions that Discord allows a day the program begins less than half: at two fifths something goes round in circles.
	loopShare, calmShare = 0.40, 0.35
	// A budget stops a call that would pass it, so that it is never used up to its last token.
	budgetUsed, budgetLeft = 0.95, 0.90

	// damageRemains is how long after its last sign damage is taken to be there. checkEvery is the pause between two checks of
	// a file, a table a look, each within tableLimit: what takes longer is left to whoever checks a backup.
	damageRemains = time.Hour
	checkEvery    = 24 * time.Hour
	tableLimit    = 10 * time.Second

	// goneFor is how long what a dead process found stands: one that is started again finds it again within that time.
	goneFor = 5 * time.Minute
)

// A state is what a look finds. What is neither wrong nor fine, or could not be looked at, is unknown and changes nothing.
type state int

const (
	unknown state = iota
	fine
	wrong
)

// A finding is what one look found of one thing.
type finding struct {
	name  string
	state state
	words string // when it is wrong: what is, and what to do
	sure  bool   // it need not be found twice
}

// judged makes a finding of what is wrong above one bound and fine below another.
func judged(name string, bad, good bool, format string, args ...any) finding {
	switch {
	case bad:
		return finding{name: name, state: wrong, words: fmt.Sprintf(format, args...)}
	case good:
		return finding{name: name, state: fine}
	}
	return finding{name: name}
}

// database finds whether the database can be written to, and whether it is whole.
func (w *Watch) database(pinged error) []finding {
	full, damaged := errors.Is(pinged, store.ErrFull), errors.Is(pinged, store.ErrDamaged)
	words := "The database cannot be written to, so that nothing is read or posted; what is stored is safe. Another program may hold the file, or its disk may be gone; the log has the error."
	if errors.Is(pinged, store.ErrAway) {
		words = "The database does not answer, so that nothing is read or posted; what is stored is safe. Look after its server; everything goes on by itself."
	}
	if pinged != nil {
		w.log.Debug("database", "err", pinged)
	}
	out := []finding{judged(Database, pinged != nil && !full && !damaged, pinged == nil || full, "%s", words)}

	now := time.Now()
	if damaged || w.check.found {
		w.check.sign = now
	}
	sign := w.check.sign
	if logged := w.o.Signs.last(); logged.After(sign) {
		sign = logged
	}
	if w.check.passed && sign.After(w.check.started) { // it was whole then: look again
		w.check.passed, w.check.next = false, time.Time{}
	}
	bad := !sign.IsZero() && now.Sub(sign) < damageRemains
	good := !bad && (w.o.Path == "" || w.check.passed)
	return append(out, judged(Damage, bad, good,
		"The database is damaged. Stop the program, keep the file, and go back to a backup (attache restore). Until then what still works goes on."))
}

// A check is how far the file of the database was looked through.
type check struct {
	table   int       // the next one
	begun   bool      // there is a next one
	started time.Time // when it was begun for the last time
	next    time.Time // when to begin anew
	bad     bool      // this time something was wrong
	found   bool      // the last whole time something was wrong, or this time
	passed  bool      // the last whole time nothing was wrong, and no sign of damage was met since
	sign    time.Time // when damage was last met
}

// checkFile looks at one more table of the file.
func (w *Watch) checkFile(ctx context.Context) {
	c := &w.check
	if w.o.Path == "" || !c.begun && time.Now().Before(c.next) {
		return
	}
	if !c.begun {
		*c = check{begun: true, started: time.Now(), found: c.found, passed: c.passed, sign: c.sign}
	}
	ctx, cancel := context.WithTimeout(ctx, tableLimit)
	defer cancel()
	more, err := w.db.CheckTable(ctx, c.table)
	c.table++
	switch {
	case errors.Is(err, store.ErrDamaged):
		w.log.Error("database", "err", err)
		c.bad, c.found, c.passed = true, true, false
	case err != nil:
		w.log.Debug("database not checked", "err", err)
	}
	if !more {
		c.begun, c.found, c.next = false, c.bad, time.Now().Add(checkEvery)
		if c.passed = !c.bad && !w.o.Signs.last().After(c.started); !c.passed {
			c.next = time.Now().Add(damageRemains)
		}
	}
}

// fullness finds how full the disk of the database is.
func (w *Watch) fullness(pinged error) []finding {
	near, full, known, left, size := w.disk.now()
	refused := errors.Is(pinged, store.ErrFull)
	if !known && !refused {
		good := w.disk.folder == "" && pinged == nil // the disk of a server is seen by what it refuses
		return []finding{judged(Full, false, good, "")}
	}
	rest := "The disk of the database is full, so that nothing more can be stored"
	if !refused {
		rest = fmt.Sprintf("The disk of the database is full but for %s, so that no source is read any more; digests are still posted", amount(left))
	}
	// Where it is full already, that it is nearly full is no news.
	out := []finding{
		judged(Full, full || refused, !full && !refused, "%s. What is stored is safe. Free some space; everything goes on by itself.", rest),
		judged(Disk, near && !full && !refused, !near && known && !refused,
			"The disk of the database is nearly full: %s of %s are left. Free some space, or keep texts for a shorter time (retention.bodies).", amount(left), amount(size)),
	}
	for i := range out {
		out[i].sure = true // the bounds lie apart
	}
	return out
}

// work finds whether fetching, ingesting, jobs and posting go on. After a start what was due before has its time first.
func (w *Watch) work(ctx context.Context) []finding {
	h, err := w.db.Read().Health(ctx)
	if err != nil {
		if !w.blind && ctx.Err() == nil {
			w.log.Warn("how the work stands could not be read", "err", err)
		}
		w.blind = true
		return nil
	}
	w.blind = false
	late := func(name string, lag, limit time.Duration, format string) finding {
		return judged(name, min(lag, time.Since(w.started)) > limit, lag < limit/2, format, minutes(lag))
	}
	out := []finding{
		late(Posts, h.PostLag, postsLate, "Digests are late: the oldest waits for %s. The log says what it waits for; attache_queue_age_seconds and attache_gateway_shards tell where."),
		late(Queue, h.QueueAge, jobsLate, "Jobs are not begun: the oldest waits for %s. A process that works may be gone, or there are too few."),
		late(Ingest, h.IngestLag, ingestLate, "New articles do not become readable: the oldest waits for %s. The log says why."),
	}
	if full, _ := w.disk.paused(); !full {
		n, of := h.Failing, h.Sources
		out = append(out,
			late(FetchLag, h.FetchLag, fetchLate, "Sources are not visited: the most overdue one waits for %s. The log says why; with many sources sources.workers may be too few."),
			judged(Fetches, n >= fewFailing && 2*n > of, n < fewFailing || 5*n < 2*of,
				"%d of %d sources could not be read at their last visit. Look at this machine's network and name server first; attache source list has each one's reason.", n, of))
	}
	if w.o.Budget != nil {
		if r, err := w.o.Budget(ctx); err == nil {
			used, until := r.Day.Share, r.Day.Until
			if r.Month.Share >= used {
				used, until = r.Month.Share, r.Month.Until
			}
			out = append(out, judged(Budget, used >= budgetUsed, used < budgetLeft,
				"The budget for models is used up (%d %%) until %s; the built-in engine writes the briefs. Raise budgets.installation if that is not enough.", int(used*100), clock(until)))
		}
	}
	return out
}

// own finds what this process alone can see. The findings are settled.
func (w *Watch) own(ctx context.Context) []finding {
	out := w.gateway()
	if w.o.Token != nil {
		refused := w.o.Token(ctx)
		for i := range out {
			if refused && w.ended == "" {
				out[i].state = unknown // one cause is told once
			}
		}
		out = append(out, judged(Token, refused, !refused,
			"Discord does not know the token, so that nothing is posted. Make a new one in the developer portal (Bot, Reset Token), set DISCORD_TOKEN, and start the program again."))
	}
	if w.o.Left != nil {
		left := w.o.Left()
		out = append(out, judged(Models, len(left) > 0, len(left) == 0,
			"Models do not answer, or have no credit left: %s. The next of the list, or the built-in engine, writes the briefs. attache check says what is wrong.", strings.Join(left, ", ")))
	}
	for i := range out {
		out[i].state = w.settled(out[i])
	}
	return out
}

func (w *Watch) gateway() []finding {
	var g Gateway
	if w.o.Gateway != nil {
		g = w.o.Gateway()
	}
	if w.ended != "" {
		g.Refused = w.ended
	}
	if g.Refused != "" {
		f := judged(Connection, true, false, "Discord's gateway refuses the bot: %s.", strings.TrimSuffix(g.Refused, "."))
		f.sure = w.ended != ""
		return []finding{f}
	}
	if w.o.Gateway == nil {
		return nil
	}
	down := time.Duration(0)
	switch {
	case !g.Down.IsZero():
		down = time.Since(g.Down)
	case g.Shards == 0:
		down = time.Since(w.started)
	}
	out := []finding{judged(Connection, down > gatewayDown, down == 0,
		"The connection to Discord's gateway is down for %s: %d of %d shards are open. Commands are not answered; digests are still posted. See discordstatus.com, then the log.", minutes(down), g.Ready, g.Held)}
	if g.Limit > 0 {
		used := float64(g.Identifies) / float64(g.Limit)
		out = append(out, judged(Identifies, used >= loopShare, used < calmShare,
			"The connection to Discord is begun anew again and again: %d of %d sessions of the day are used. At half the program waits. Look in the log for why sessions end.", g.Identifies, g.Limit))
	}
	return out
}
