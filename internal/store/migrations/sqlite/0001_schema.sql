-- Times are milliseconds since 1970 in UTC, 0 where there is none. Lists and
-- structures that no query looks into are JSON. Columns that a query filters
-- or sorts by are columns.

-- +goose Up
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);

CREATE TABLE guilds (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    locale   TEXT NOT NULL,
    joined   BIGINT NOT NULL,
    left_at  BIGINT NOT NULL DEFAULT 0,
    settings TEXT NOT NULL DEFAULT '{}'
);

CREATE TABLE sources (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    url           TEXT NOT NULL,
    private       BOOLEAN NOT NULL DEFAULT FALSE,
    owner         TEXT NOT NULL DEFAULT '',
    title         TEXT NOT NULL DEFAULT '',
    link          TEXT NOT NULL DEFAULT '',
    lang          TEXT NOT NULL DEFAULT '',
    etag          TEXT NOT NULL DEFAULT '',
    last_modified TEXT NOT NULL DEFAULT '',
    moved         TEXT NOT NULL DEFAULT '',
    moved_seen    BIGINT NOT NULL DEFAULT 0,
    status        TEXT NOT NULL DEFAULT 'active',
    next_visit    BIGINT NOT NULL DEFAULT 0,
    last_visit    BIGINT NOT NULL DEFAULT 0,
    last_success  BIGINT NOT NULL DEFAULT 0,
    failures      BIGINT NOT NULL DEFAULT 0,
    error         TEXT NOT NULL DEFAULT '',
    warnings      TEXT NOT NULL DEFAULT '[]',
    -- The lease is the row before the fetch: who visits, since when, until when.
    lease_token   TEXT NOT NULL DEFAULT '',
    lease_start   BIGINT NOT NULL DEFAULT 0,
    lease_until   BIGINT NOT NULL DEFAULT 0,
    -- A private source is a row of its own guild, even where the URL is the same.
    UNIQUE (url, owner),
    CHECK (private = (owner <> ''))
);
CREATE INDEX sources_due ON sources (next_visit) WHERE status = 'active';
CREATE INDEX sources_owner ON sources (owner) WHERE owner <> '';

CREATE TABLE subscriptions (
    guild     TEXT NOT NULL,
    source_id BIGINT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    name      TEXT NOT NULL,
    tier      TEXT NOT NULL,
    country   TEXT NOT NULL DEFAULT '',
    topics    TEXT NOT NULL DEFAULT '[]',
    paused    BOOLEAN NOT NULL DEFAULT FALSE,
    added     BIGINT NOT NULL,
    added_by  TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (guild, source_id)
);
CREATE INDEX subscriptions_source ON subscriptions (source_id);

CREATE TABLE stories (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    created BIGINT NOT NULL
);

-- What lists, counts and joins need; the words are in article_revisions.
-- Unique by source, not by URL alone: one feed never writes under another's.
CREATE TABLE articles (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id BIGINT NOT NULL REFERENCES sources (id) ON DELETE CASCADE,
    key       TEXT NOT NULL,
    revision  BIGINT NOT NULL,
    guid      TEXT NOT NULL DEFAULT '',
    url       TEXT NOT NULL,
    lang      TEXT NOT NULL DEFAULT '',
    published BIGINT NOT NULL,
    seen      BIGINT NOT NULL,
    at        BIGINT NOT NULL, -- the earlier of published and seen: a date in the future moves nothing to the top
    hash      TEXT NOT NULL DEFAULT '',
    story     BIGINT NOT NULL DEFAULT 0,
    ingested  BOOLEAN NOT NULL DEFAULT FALSE,
    pruned    BOOLEAN NOT NULL DEFAULT FALSE,
    doc       BIGINT NOT NULL DEFAULT 0, -- row of article_fts; grows with at, see search.go
    UNIQUE (source_id, key)
);
CREATE INDEX articles_source_at ON articles (source_id, at);
CREATE INDEX articles_at ON articles (at);
CREATE INDEX articles_seen ON articles (seen);
CREATE INDEX articles_story ON articles (story) WHERE story <> 0;
CREATE INDEX articles_uningested ON articles (at) WHERE NOT ingested;
CREATE INDEX articles_unpruned ON articles (at) WHERE NOT pruned;
CREATE UNIQUE INDEX articles_doc ON articles (doc) WHERE doc <> 0;

CREATE TABLE article_revisions (
    article_id BIGINT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    revision   BIGINT NOT NULL,
    title      TEXT NOT NULL,
    author     TEXT NOT NULL DEFAULT '',
    credits    TEXT NOT NULL DEFAULT '',
    note       TEXT NOT NULL DEFAULT '',
    teaser     BOOLEAN NOT NULL DEFAULT FALSE,
    sum        TEXT NOT NULL, -- of title and text; outlives a pruned text
    stored     BIGINT NOT NULL,
    text       TEXT NOT NULL, -- last: long, and not read by lists
    PRIMARY KEY (article_id, revision)
);

-- Tokens made by internal/text, so that every engine finds the same. Nothing
-- but the index is kept. Marks belong to words; diacritics are folded already.
CREATE VIRTUAL TABLE article_fts USING fts5 (
    tokens, content = '', contentless_delete = 1,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'"
);

CREATE TABLE quotes (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    article_id   BIGINT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    revision     BIGINT NOT NULL,
    n            BIGINT NOT NULL, -- order in the article
    kind         TEXT NOT NULL,
    speaker      TEXT NOT NULL,
    speaker_fold TEXT NOT NULL, -- folded words with a space before, between and after
    data         TEXT NOT NULL, -- quote.Quote
    words        TEXT NOT NULL, -- the evidence: a string a span
    at           BIGINT NOT NULL
);
CREATE INDEX quotes_article ON quotes (article_id);
CREATE INDEX quotes_at ON quotes (at);

CREATE TABLE briefs (
    key     TEXT PRIMARY KEY,
    story   BIGINT NOT NULL,
    lang    TEXT NOT NULL,
    engine  TEXT NOT NULL,
    version TEXT NOT NULL,
    created BIGINT NOT NULL,
    brief   TEXT NOT NULL
);
CREATE INDEX briefs_story ON briefs (story);

-- Whose words stand in a brief, so that forgetting a private source forgets them too.
CREATE TABLE brief_articles (
    key        TEXT NOT NULL REFERENCES briefs (key) ON DELETE CASCADE,
    article_id BIGINT NOT NULL,
    PRIMARY KEY (key, article_id)
);
CREATE INDEX brief_articles_article ON brief_articles (article_id);

CREATE TABLE schedules (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    guild   TEXT NOT NULL,
    name    TEXT NOT NULL DEFAULT '',
    target  TEXT NOT NULL,
    spec    TEXT NOT NULL,
    zone    TEXT NOT NULL,
    filter  TEXT NOT NULL,
    lang    TEXT NOT NULL DEFAULT '',
    stories BIGINT NOT NULL DEFAULT 0,
    style   TEXT NOT NULL DEFAULT '',
    paused  BOOLEAN NOT NULL DEFAULT FALSE,
    reason  TEXT NOT NULL DEFAULT '',
    slot    TEXT NOT NULL DEFAULT '',
    created BIGINT NOT NULL,
    from_at BIGINT NOT NULL
);
CREATE INDEX schedules_guild ON schedules (guild);

CREATE TABLE deliveries (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    schedule_id BIGINT NOT NULL REFERENCES schedules (id) ON DELETE CASCADE,
    guild       TEXT NOT NULL,
    slot        TEXT NOT NULL,
    due         BIGINT NOT NULL,
    status      TEXT NOT NULL,
    reason      TEXT NOT NULL DEFAULT '',
    missed      BIGINT NOT NULL DEFAULT 0,
    digest      TEXT NOT NULL DEFAULT '',
    created     BIGINT NOT NULL,
    UNIQUE (schedule_id, slot)
);
CREATE INDEX deliveries_open ON deliveries (due) WHERE status IN ('planned', 'sending');
CREATE INDEX deliveries_guild ON deliveries (guild);

CREATE TABLE parts (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery_id BIGINT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    n           BIGINT NOT NULL,
    channel     TEXT NOT NULL,
    nonce       TEXT NOT NULL UNIQUE CHECK (length(nonce) BETWEEN 1 AND 25),
    marker      TEXT NOT NULL,
    body        TEXT NOT NULL,
    status      TEXT NOT NULL,
    first_try   BIGINT NOT NULL DEFAULT 0,
    tries       BIGINT NOT NULL DEFAULT 0,
    message     TEXT NOT NULL DEFAULT '',
    error       TEXT NOT NULL DEFAULT '',
    UNIQUE (delivery_id, n)
);

CREATE TABLE candidates (
    delivery_id BIGINT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    n           BIGINT NOT NULL,
    story       BIGINT NOT NULL,
    rank        BIGINT NOT NULL,
    score       DOUBLE PRECISION NOT NULL,
    chosen      BOOLEAN NOT NULL,
    reason      TEXT NOT NULL,
    headline    TEXT NOT NULL,
    parts       TEXT NOT NULL,
    PRIMARY KEY (delivery_id, n)
);

-- Outlives its schedule: a channel has read what it has read.
CREATE TABLE told (
    channel     TEXT NOT NULL,
    story       BIGINT NOT NULL,
    delivery_id BIGINT NOT NULL,
    guild       TEXT NOT NULL,
    articles    TEXT NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (channel, story, delivery_id)
);
CREATE INDEX told_at ON told (channel, at);
CREATE INDEX told_guild ON told (guild);

-- The row is there before the model is asked.
CREATE TABLE model_usage (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         BIGINT NOT NULL,
    guild      TEXT NOT NULL DEFAULT '',
    user_id    TEXT NOT NULL DEFAULT '',
    kind       TEXT NOT NULL,
    engine     TEXT NOT NULL,
    model      TEXT NOT NULL,
    tokens_in  BIGINT NOT NULL DEFAULT 0,
    tokens_out BIGINT NOT NULL DEFAULT 0,
    cost_micro BIGINT NOT NULL DEFAULT 0, -- millionths of the currency of the price list
    status     TEXT NOT NULL,
    brief_key  TEXT NOT NULL DEFAULT ''
);
CREATE INDEX model_usage_at ON model_usage (at);
CREATE INDEX model_usage_guild ON model_usage (guild, at);

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    guild   TEXT NOT NULL,
    user_id TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail  TEXT NOT NULL DEFAULT '',
    at      BIGINT NOT NULL
);
CREATE INDEX audit_guild ON audit (guild, at);
CREATE INDEX audit_at ON audit (at);
