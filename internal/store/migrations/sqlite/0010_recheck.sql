-- +goose Up

-- The outlet took the article back: this revision has no words.
ALTER TABLE article_revisions ADD COLUMN withdrawn BOOLEAN NOT NULL DEFAULT FALSE;

-- The words are those of the article's page, not of the feed: the page can be compared with them.
ALTER TABLE articles ADD COLUMN paged BOOLEAN NOT NULL DEFAULT FALSE;
-- When the page was last looked at again, and since when it is not found; 0 for neither.
ALTER TABLE articles ADD COLUMN checked BIGINT NOT NULL DEFAULT 0;
ALTER TABLE articles ADD COLUMN missing BIGINT NOT NULL DEFAULT 0;

-- Hashes of the paragraphs that a source puts around each of its articles, as a JSON list.
ALTER TABLE sources ADD COLUMN boilerplate TEXT NOT NULL DEFAULT '[]';
