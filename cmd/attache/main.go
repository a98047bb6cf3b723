package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	_ "time/tzdata" // zones must not depend on the machine

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], terminal{os.Stdin, os.Stdout, os.Stderr}))
}

// A terminal is where a command reads and writes.
type terminal struct {
	in       io.Reader
	out, err io.Writer
}

// run is the program: it returns the exit code. 1: the command failed and said why. 2: it was called wrongly.
func run(ctx context.Context, args []string, t terminal) int {
	root := newRoot(t)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var wrong usage
	switch {
	case err == nil:
		return 0
	case errors.As(err, &wrong):
		fmt.Fprintln(t.err, wrong.Error())
		return 2
	case errors.Is(err, errFailed): // said already
		return 1
	}
	fmt.Fprintln(t.err, "attache: "+sentence(err))
	return 1
}

// errFailed ends a command with exit code 1 after it has said what is wrong.
var errFailed = errors.New("failed")

// usage is an error in how a command was called.
type usage struct{ error }

func newRoot(t terminal) *cobra.Command {
	root := &cobra.Command{
		Use:   "attache",
		Short: "A press attaché for your Discord server: digests whose every quote and figure is proven",
		Long: `Attaché reads diplomatic sources, groups what they report into stories, and briefs a Discord
channel at the hour its managers chose. Nothing stands in quotation marks that is not in the
article, character for character, and each line links to the sentence that proves it.

Try it without any key:   attache demo`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetIn(t.in)
	root.SetOut(t.out)
	root.SetErr(t.err)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage{fmt.Errorf("attache: %w\nRun `%s --help` for what there is", err, c.CommandPath())}
	})
	root.AddCommand(
		newDemo(t), newRun(t), newCheck(t), newDigest(t), newSummarize(t), newQuotes(t), newSource(t), newSchedule(t), newGuild(t), newBackup(t), newRestore(t), newMigrate(t), newStore(t), newLab(t), newVersion(t),
	)
	wrapArgs(root)
	return root
}

// wrapArgs turns errors about a command's arguments into usage errors.
func wrapArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usage{fmt.Errorf("attache: %w\nUsage: %s", err, c.UseLine())}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		wrapArgs(sub)
	}
}

func newVersion(t terminal) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(t.out, "attache "+version())
			return err
		},
	}
}

// version is what the build says of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 && v == "(devel)" {
			v += " " + s.Value[:12]
		}
	}
	return v + ", " + info.GoVersion
}

// clockVar shifts the program's clock, for tests: an RFC 3339 time at which it starts.
const clockVar = "ATTACHE_TEST_CLOCK"

// clock returns the program's clock. The shifted one is accepted only when every endpoint is on loopback, so that no real
// channel can get a digest of another day.
func clock(cfg Config) (func() time.Time, error) {
	at := os.Getenv(clockVar)
	if at == "" {
		return time.Now, nil
	}
	start, err := time.Parse(time.RFC3339, at)
	if err != nil {
		return nil, say("%s is %q; write a time such as 2025-02-27T07:59:50Z.", clockVar, at)
	}
	if !loopbackURL(cfg.Discord.APIBaseURL) || cfg.HTTP.Listen != "" && !loopback(cfg.HTTP.Listen) {
		return nil, say("%s works only when every endpoint is on this machine, and discord.api_base_url or http.listen is not.", clockVar)
	}
	for _, m := range cfg.Models {
		if !loopbackURL(m.BaseURL) {
			return nil, say("%s works only when every endpoint is on this machine, and base_url of the model %s is not.", clockVar, m.Name)
		}
	}
	shift := time.Until(start)
	return func() time.Time { return time.Now().Add(shift) }, nil
}
