-- +goose Up

-- SQLite's index alone has something to set; versions count alike on every engine.
SELECT 1;
