-- +goose Up

-- SQLite's index alone is made anew; versions count alike on every engine.
SELECT 1;
