-- +goose Up

-- The search index keeps which rows hold a token, and no longer where in them: nothing asks for that. The tokens hold no character
-- of ASCII but letters and digits, so that the tokenizer of ASCII takes them apart at the spaces alone.
CREATE VIRTUAL TABLE article_fts_next USING fts5 (
    tokens, content = '', contentless_delete = 1, detail = none, tokenize = 'ascii'
);
INSERT INTO article_fts_next (article_fts_next, rank) VALUES ('automerge', 8);
CREATE VIRTUAL TABLE article_fts_words USING fts5vocab (article_fts, instance);
INSERT INTO article_fts_next (rowid, tokens)
    SELECT doc, group_concat(term, ' ') FROM article_fts_words GROUP BY doc;
DROP TABLE article_fts_words;
DROP TABLE article_fts;
ALTER TABLE article_fts_next RENAME TO article_fts;
