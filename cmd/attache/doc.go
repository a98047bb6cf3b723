/*
Attache is a press attaché for a Discord server. It reads diplomatic sources,
keeps their articles, groups them into stories, and posts a digest at the hour a
manager chose. Nothing stands in quotation marks that is not in the article,
character for character; each bullet and quote links to the sentence it is.

This comment is the tour of the program, bottom up. docs/architecture.md draws it.

	internal/text      what the program knows of written language: the stored
	                   form of a text, folding, sentences, search tokens,
	                   languages, countries, text fragments
	internal/story     which articles report one event; near copies
	summarize/quote    find, attribute and locate quotations, by rule
	summarize          articles in, checked brief out: the built-in engine, and
	                   the check that every brief must pass
	sources            the web, and nothing else opens a URL that somebody gave:
	                   one guarded client, feeds, pages, discovery, the poller
	internal/store     the database: SQLite or PostgreSQL, search, jobs
	internal/ingest    what happens to an article between arriving and being
	                   readable
	internal/digest    what is due, what goes in, was it posted
	bot                Discord: the session, rendering, the one function that
	                   posts, slash commands
	internal/preview   what readers see of a message, on a terminal or a page
	cmd/attache/watch  tells whoever runs the program what is wrong with it
	cmd/attache        this package: flags, configuration, wiring, shutdown

An article's way. The poller leases a source that is due (a row), fetches its
feed if it changed, and reads the page of an entry that is only a teaser. One
transaction stores the articles and the source's next visit. Ingest finds
language, search tokens, quotes and story, and only then do readers see the
article. When a schedule falls due, the planner inserts a delivery under the key
(schedule, slot) and a job in the same transaction. The job chooses stories,
has missing briefs written, checks them, and stores the digest and its parts;
then each part is marked as being sent, posted with an enforced nonce, and
recorded with the id that Discord gave it. Killed at any point, the program
finds in the rows where it was.

A command's way. The gateway hands over an interaction; package bot finds it in
its table, checks who may, and runs its handler. Discord hears within three
seconds, and gets one answer, whatever the handler does; an error becomes a
sentence from one table. Only articles of that guild's subscriptions are seen.

What runs. `attache run` holds five loops in one group: ingest, the poller, the
planner, the gateway session, and the HTTP server for /healthz and /metrics;
beside them the workers that run jobs, and the watch, which looks whether all
of that goes on. On SIGTERM the loops end, jobs get some
seconds to finish what they are posting, and the database is closed last.

The terminal commands (source, schedule, guild, digest, check, backup) call the
same functions on the same database, beside a running bot; restore alone needs
the bot to be stopped. `attache demo` is the
whole program between a newsroom of samples and a Discord that is built in.
`attache lab` runs one stage on your own data.
*/
package main
