package bot

import (
	"bytes"
	"context"

	"attache/internal/store"
	"attache/sources"
)

// exportName is the name of the list of a server's sources.
const exportName = "sources.opml"

// exportSources gives the guild's sources as a file. Those whose addresses are secrets are left out, and it is said which.
func exportSources(ctx context.Context, r *request) (reply, error) {
	subs, err := r.bot.db.Read().Subscriptions(ctx, r.guild)
	if err != nil {
		return reply{}, err
	}
	if len(subs) == 0 {
		return plain(r.t.text("source.none")), nil
	}
	list, private := store.Outlines(subs)
	var lines []string
	if len(private) > 0 {
		lines = append(lines, r.t.text("export.left_out"))
	}
	for _, s := range private {
		lines = append(lines, "• **"+shownName(s.Name)+"**")
	}
	if len(list) == 0 {
		return reply{pages: sheets(r.t.text("export.nothing"), lines, pageUnits)}, nil
	}
	var b bytes.Buffer
	if err := sources.WriteOPML(&b, r.t.text("export.title"), list); err != nil {
		return reply{}, err
	}
	return reply{
		pages: sheets(r.t.count("export.head", len(list)), lines, pageUnits),
		files: []upload{{name: exportName, kind: "text/x-opml; charset=utf-8", data: b.Bytes()}},
	}, nil
}
