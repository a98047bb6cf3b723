-- +goose Up

-- What was fetched because somebody asked: the row is there before the first request is sent. The URL is masked, so that no
-- secret in it is kept here.
CREATE TABLE lookups (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    guild   TEXT NOT NULL,
    user_id TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('page', 'source')),
    url     TEXT NOT NULL,
    at      BIGINT NOT NULL,
    state   TEXT NOT NULL CHECK (state IN ('open', 'done', 'failed')) -- open after a crash too
);
CREATE INDEX lookups_guild ON lookups (guild, purpose, at);
CREATE INDEX lookups_at ON lookups (at);

-- A source that was tried is held as an answer, with a secret that its address may carry: such answers end by themselves.
ALTER TABLE answers ADD COLUMN until BIGINT NOT NULL DEFAULT 0; -- 0: kept as long as the others
CREATE INDEX answers_until ON answers (until) WHERE until <> 0;
UPDATE answers SET until = at + 3600000 WHERE pages LIKE '{"held":%';
