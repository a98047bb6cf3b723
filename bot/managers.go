package bot

import (
	"context"

	"attache/internal/store"
)

const (
	nameLength  = 100 // characters of a source's or schedule's name
	topicsMost  = 10  // of a subscription or schedule
	topicLength = 40
	urlLength   = 2000
	sourcesMost = 500 // of a server: a poll of each every quarter of an hour is half a request a second
	// schedulesMost bounds what a server can make fall due at the same moment.
	schedulesMost = 50
	storiesMost   = 25
	rolesMost     = 10
)

// tiers are the kinds of sources, as options and menus offer them.
var tiers = []string{string(store.Official), string(store.Press), string(store.Research), string(store.StateMedia)}

// channelKinds are the kinds of channels that a schedule can post to: text, announcements, threads of both, forums.
var channelKinds = []int{0, 5, 10, 11, 12, forumChannel}

// noticeChannels are those that notices can be posted to: all but forums.
var noticeChannels = channelKinds[:len(channelKinds)-1]

const forumChannel = 15

// A runner answers a command, a button, a menu or a form.
type runner = func(ctx context.Context, r *request) (reply, error)

// managers are the commands of those who manage the server.
func (t *table) managers() {
	source := parameter{name: "source", kind: optionText, required: true, complete: true, max: nameLength}
	schedule := parameter{name: "schedule", kind: optionText, required: true, complete: true, max: nameLength}
	address := parameter{name: "url", kind: optionText, required: true, max: urlLength}
	name := parameter{name: "name", kind: optionText, max: nameLength}
	said := []parameter{
		name,
		{name: "tier", kind: optionText, choices: tiers},
		{name: "country", kind: optionText, complete: true, max: nameLength},
		{name: "topics", kind: optionText, complete: true, max: 500},
	}
	when := func(required bool) parameter {
		return parameter{name: "when", kind: optionText, required: required, max: 200}
	}
	due := []parameter{
		{name: "zone", kind: optionText, complete: true, max: 64},
		{name: "channel", kind: optionChannel, channels: channelKinds},
		{name: "days", kind: optionText, complete: true, max: 100},
		{name: "topics", kind: optionText, complete: true, max: 500},
		{name: "country", kind: optionText, complete: true, max: 200},
		{name: "language", kind: optionText, complete: true, max: 50},
		{name: "stories", kind: optionNumber, min: 1, max: storiesMost},
		{name: "roles", kind: optionText, max: 400},
		{name: "tags", kind: optionText, complete: true, max: 200},
		name,
	}
	paused := parameter{name: "paused", kind: optionYes}
	join := func(lists ...[]parameter) (out []parameter) {
		for _, l := range lists {
			out = append(out, l...)
		}
		return out
	}
	add := func(name string, run runner, options ...parameter) {
		t.commands = append(t.commands, command{name: name, manager: true, options: options, run: run, complete: completeManaged})
	}
	add("source add", addSource, join([]parameter{address}, said)...)
	add("source pack", choosePack,
		parameter{name: "region", kind: optionText, complete: true, max: 40}, parameter{name: "tier", kind: optionText, choices: tiers},
		parameter{name: "language", kind: optionText, complete: true, max: 40}, parameter{name: "country", kind: optionText, complete: true, max: nameLength},
		parameter{name: "all", kind: optionYes})
	add("source import", importSources, parameter{name: "file", kind: optionFile, required: true}, parameter{name: "tier", kind: optionText, choices: tiers})
	add("source export", exportSources)
	add("source list", listSources)
	add("source test", testSource, address)
	add("source edit", editSource, join([]parameter{source}, said)...)
	add("source pause", pauseSource, source, parameter{name: "resume", kind: optionYes})
	add("source remove", removeSource, source)
	add("schedule add", addSchedule, join([]parameter{when(true)}, due)...)
	add("schedule list", listSchedules)
	add("schedule edit", editSchedule, join([]parameter{schedule, when(false)}, due, []parameter{paused})...)
	add("schedule remove", removeSchedule, schedule)
	add("schedule run", runSchedule, schedule)
	add("admin settings", showSettings,
		parameter{name: "role", kind: optionRole}, parameter{name: "remove", kind: optionRole},
		parameter{name: "language", kind: optionText, complete: true, max: 50},
		parameter{name: "notices", kind: optionChannel, channels: noticeChannels})
	add("admin usage", showUsage)
	add("admin audit", showAudit)
	add("admin why", why, schedule)

	for name, run := range map[string]runner{
		"source-tier": chooseTier, "source-said": sourceSaid, "source-begin": beginSource, "source-drop": dropHeld, "pack-add": addPack, "pack-look": followPack,
		"pack-clear": clearPack, "import-add": addImported,
		"source-remove": sourceRemoved, "schedule-zone": zoneConfirmed, "schedule-said": zoneSaid,
		"schedule-drop": dropHeld, "schedule-remove": scheduleRemoved, "schedule-post": postScheduled, "manage-keep": keepIt,
		"settings-clear": clearRoles, "settings-quiet": quiet,
	} {
		t.presses[name] = press{manager: true, later: promiseChange, run: run}
	}
	for name, run := range map[string]runner{"source-form": sourceForm, "schedule-form": zoneForm} {
		t.presses[name] = press{manager: true, run: run}
	}
}
