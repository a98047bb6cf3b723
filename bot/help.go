package bot

import (
	"context"
	"strings"
)

// help lists the commands that the one who asked may use, each with what it is for.
func help(_ context.Context, r *request) (reply, error) {
	lines := []string{}
	group := func(manager bool) {
		for _, c := range r.table.commands {
			if c.manager != manager {
				continue
			}
			if c.menu {
				lines = append(lines, "**"+r.t.text("menu."+c.name)+"** — "+r.t.text("menu."+c.name+".help"))
				continue
			}
			lines = append(lines, "**/"+c.name+"** — "+r.t.text("command."+strings.ReplaceAll(c.name, " ", ".")))
		}
	}
	group(false)
	if r.manager {
		lines = append(lines, "", r.t.text("help.managers"))
		group(true)
	}
	lines = append(lines, "", "-# "+r.t.text("help.promise"))
	return reply{pages: sheets(r.t.text("help.head"), lines, contentLimit-100)}, nil
}
