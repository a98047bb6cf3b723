-- +goose Up

-- What whoever runs the program keeps out: a guild by its id, a source by the SHA-256 of its address's key (an address may
-- carry a secret), a host by its name, with every host below it. The operator's own, so that it outlives a guild that is forgotten.
CREATE TABLE blocks (
    kind    TEXT NOT NULL CHECK (kind IN ('guild', 'source', 'host')),
    subject TEXT NOT NULL,
    shown   TEXT NOT NULL, -- as people may see it: a masked address
    reason  TEXT NOT NULL,
    at      BIGINT NOT NULL,
    PRIMARY KEY (kind, subject)
);

-- What follows of it for the rows that are read all the time: a subscription is blocked with its guild or its source.
ALTER TABLE sources ADD COLUMN blocked BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE sources ADD COLUMN block_reason TEXT NOT NULL DEFAULT '';
ALTER TABLE subscriptions ADD COLUMN blocked BOOLEAN NOT NULL DEFAULT FALSE;
