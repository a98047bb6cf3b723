-- +goose Up

-- Sources of which a server's managers are told, once when they died and once when they are back. The row is there before
-- the notice, and goes when it is told that the source is back.
CREATE TABLE dead_sources (
    guild     TEXT NOT NULL,
    source_id BIGINT NOT NULL,
    since     BIGINT NOT NULL,           -- when it was noticed
    visit     BIGINT NOT NULL,           -- the last visit by then: what may pass is told when a later one failed too
    told      BIGINT NOT NULL DEFAULT 0, -- when a notice said so; 0 not yet
    PRIMARY KEY (guild, source_id),
    FOREIGN KEY (guild, source_id) REFERENCES subscriptions (guild, source_id) ON DELETE CASCADE
);

-- Messages to a server's managers. The row is there before the request.
CREATE TABLE notices (
    id        INTEGER PRIMARY KEY,
    guild     TEXT NOT NULL,
    channel   TEXT NOT NULL,              -- '' where managers named none: it stands in the audit alone
    nonce     TEXT NOT NULL,
    marker    TEXT NOT NULL,              -- by which it is found again in the channel
    body      TEXT NOT NULL,              -- the request's JSON
    status    TEXT NOT NULL CHECK (status IN ('ready', 'done', 'failed')),
    created   BIGINT NOT NULL,
    first_try BIGINT NOT NULL DEFAULT 0,  -- 0: no request left
    tries     BIGINT NOT NULL DEFAULT 0,
    message   TEXT NOT NULL DEFAULT ''    -- id of the message
);
CREATE INDEX notices_guild ON notices (guild, created);
CREATE INDEX notices_open ON notices (created) WHERE status = 'ready';
