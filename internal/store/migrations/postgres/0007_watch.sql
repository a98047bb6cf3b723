-- +goose Up

-- What is read of a page that is no feed: which of its links are its list of articles, or that it is a sitemap. '' for a feed.
ALTER TABLE sources ADD COLUMN watch TEXT COLLATE "C" NOT NULL DEFAULT '';
