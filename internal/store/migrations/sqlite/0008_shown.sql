-- +goose Up

-- The revision of each article that a digest shows something of, for the days in which the digest is corrected when an
-- outlet changes its article.
CREATE TABLE shown (
    article_id  BIGINT NOT NULL REFERENCES articles (id) ON DELETE CASCADE,
    delivery_id BIGINT NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    revision    BIGINT NOT NULL,
    PRIMARY KEY (article_id, delivery_id)
);
CREATE INDEX shown_delivery ON shown (delivery_id);
CREATE INDEX article_revisions_stored ON article_revisions (stored) WHERE revision > 1;
