-- +goose Up

-- What a slash command answered, so that its buttons work after a restart too.
CREATE TABLE answers (
    id      TEXT PRIMARY KEY, -- random, part of the buttons' ids
    guild   TEXT NOT NULL,
    user_id TEXT NOT NULL,
    at      BIGINT NOT NULL,
    pages   TEXT NOT NULL -- bot's own JSON
);
CREATE INDEX answers_at ON answers (at);
CREATE INDEX answers_guild ON answers (guild);

-- What was last registered with Discord: commands are sent again only when they changed.
CREATE TABLE registrations (
    scope TEXT PRIMARY KEY, -- application and, for trying out, guild
    hash  TEXT NOT NULL
);
