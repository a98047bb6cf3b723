-- +goose Up

-- A request to a model. The row is there before the request is sent, with the most it may use; what it did use replaces that.
CREATE TABLE usage (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         BIGINT NOT NULL,
    guild      TEXT NOT NULL, -- '' when it is for none
    user_id    TEXT NOT NULL,
    scheduled  BOOLEAN NOT NULL,
    purpose    TEXT NOT NULL,
    endpoint   TEXT NOT NULL, -- its name in the configuration
    model      TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    tokens_in  BIGINT NOT NULL CHECK (tokens_in >= 0),
    tokens_out BIGINT NOT NULL CHECK (tokens_out >= 0),
    cost       BIGINT NOT NULL CHECK (cost >= 0), -- millionths of a US dollar
    estimated  BOOLEAN NOT NULL
);
CREATE INDEX usage_at ON usage (at);
CREATE INDEX usage_guild ON usage (guild, at);
CREATE INDEX usage_open ON usage (at) WHERE state = 'open';
CREATE INDEX usage_users ON usage (at) WHERE user_id <> '';

-- Sums of usage, so that asking whether a cap would be passed does not add up a month. guild and user_id '' are the
-- installation, user_id '' is a guild, both are a user of a guild. The asked_ columns are what was not scheduled.
CREATE TABLE usage_totals (
    period       TEXT NOT NULL, -- '2025-02-27' or '2025-02', in UTC
    guild        TEXT NOT NULL,
    user_id      TEXT NOT NULL,
    calls        BIGINT NOT NULL,
    tokens       BIGINT NOT NULL,
    cost         BIGINT NOT NULL,
    asked_tokens BIGINT NOT NULL,
    asked_cost   BIGINT NOT NULL,
    PRIMARY KEY (period, guild, user_id)
);
CREATE INDEX usage_totals_guild ON usage_totals (guild);

-- What was booked so far did not say whether it was scheduled, or true.
INSERT INTO usage (at, guild, user_id, scheduled, purpose, endpoint, model, state, tokens_in, tokens_out, cost, estimated)
SELECT at, guild, user_id, FALSE, kind, engine, model, 'closed', tokens_in, tokens_out, cost_micro, TRUE FROM model_usage ORDER BY id;
DROP TABLE model_usage;

INSERT INTO usage_totals (period, guild, user_id, calls, tokens, cost, asked_tokens, asked_cost)
SELECT period, guild, user_id, COUNT(*), SUM(tokens), SUM(cost), SUM(tokens), SUM(cost) FROM (
    SELECT strftime(f.format, u.at / 1000, 'unixepoch') AS period, g.guild, g.user_id, u.tokens_in + u.tokens_out AS tokens, u.cost
    FROM usage u
    CROSS JOIN (SELECT '%Y-%m-%d' AS format UNION ALL SELECT '%Y-%m') f
    JOIN (
        SELECT id, '' AS guild, '' AS user_id FROM usage
        UNION SELECT id, guild, '' FROM usage
        UNION SELECT id, guild, user_id FROM usage
    ) g ON g.id = u.id
)
GROUP BY period, guild, user_id;
