-- +goose Up
-- How many pieces of a size the search index has before they are merged.
INSERT INTO article_fts (article_fts, rank) VALUES ('automerge', 8);
