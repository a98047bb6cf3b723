-- +goose Up

-- What a slash command answered, so that its buttons work after a restart too.
CREATE TABLE answers (
    id      TEXT COLLATE "C" PRIMARY KEY, -- random, part of the buttons' ids
    guild   TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    at      BIGINT NOT NULL,
    pages   TEXT COLLATE "C" NOT NULL -- bot's own JSON
);
CREATE INDEX answers_at ON answers (at);
CREATE INDEX answers_guild ON answers (guild);

-- What was last registered with Discord: commands are sent again only when they changed.
CREATE TABLE registrations (
    scope TEXT COLLATE "C" PRIMARY KEY, -- application and, for trying out, guild
    hash  TEXT COLLATE "C" NOT NULL
);
