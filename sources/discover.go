package sources

import (
	"context"
	"net/http"
)

// A Candidate is a feed that Discover found.
type Candidate struct {
	URL   string
	Title string
	How   string // "feed", "link", "pattern", "path"
}

// A Get fetches one URL: where it ended after redirects, the headers, the body.
type Get func(ctx context.Context, url string) (finalURL string, header http.Header, body []byte, err error)
