-- +goose Up

-- The processes that run on this database. One that was not seen for a while is dead: its row goes, and what it held with it.
CREATE TABLE processes (
    id      TEXT PRIMARY KEY, -- random; the name under which it takes jobs, too
    roles   TEXT NOT NULL,    -- such as 'gateway,worker'
    version TEXT NOT NULL,
    started BIGINT NOT NULL,
    seen    BIGINT NOT NULL   -- by the clock of the database
);

-- What one process does at a time, and while it lives: grouping articles, a shard of the gateway, writing a brief.
CREATE TABLE leases (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL REFERENCES processes (id) ON DELETE CASCADE,
    taken  BIGINT NOT NULL
);
CREATE INDEX leases_holder ON leases (holder);

-- When the next of something that all processes do together may happen, in microseconds: a post, an identify.
CREATE TABLE rates (
    name TEXT PRIMARY KEY,
    next BIGINT NOT NULL
);

-- Sessions begun at the gateway, of which Discord allows a number a day. The row is there before the session.
CREATE TABLE identifies (
    id    INTEGER PRIMARY KEY,
    at    BIGINT NOT NULL,
    shard BIGINT NOT NULL
);
CREATE INDEX identifies_at ON identifies (at);

-- What is wrong now and whoever runs the program is told of, once, and once more when it is over.
CREATE TABLE alerts (
    name  TEXT PRIMARY KEY,
    since BIGINT NOT NULL,
    words TEXT NOT NULL,             -- what is said
    told  BIGINT NOT NULL DEFAULT 0, -- when it was; 0 not yet
    over  BIGINT NOT NULL DEFAULT 0  -- when it ended; 0 not yet. The row goes once that is told
);

-- Changes of messages that stand in Discord. The row is there before the request.
CREATE TABLE edits (
    id      INTEGER PRIMARY KEY,
    part_id BIGINT NOT NULL REFERENCES parts (id) ON DELETE CASCADE,
    reason  TEXT NOT NULL,
    body    TEXT NOT NULL, -- the request's JSON
    status  TEXT NOT NULL CHECK (status IN ('ready', 'done', 'failed')),
    created BIGINT NOT NULL,
    tries   BIGINT NOT NULL DEFAULT 0,
    error   TEXT NOT NULL DEFAULT ''
);
CREATE INDEX edits_part ON edits (part_id);
CREATE INDEX edits_open ON edits (created) WHERE status = 'ready';

-- Digests are looked up by when they were due: those of the last days may have to be corrected.
CREATE INDEX deliveries_due ON deliveries (due);

-- Sources of one host are visited by one process at a time. '' until the first visit after this migration.
ALTER TABLE sources ADD COLUMN host TEXT NOT NULL DEFAULT '';
CREATE INDEX sources_leased ON sources (host) WHERE lease_until <> 0;

-- The oldest schema whose program may run on this one (docs/adr/0005).
INSERT INTO meta (name, value) VALUES ('oldest', 6);
