package sources

import (
	"context"
	"errors"
	"net/http"
	"slices"
)

// ErrElsewhere says that the address of a file is on no host that files are taken from.
var ErrElsewhere = errors.New("the file lies on another host than files are taken from")

// ReadFile fetches a file that a person handed over elsewhere, through the guard, from one of hosts alone ("cdn.example",
// with its port where that is not the scheme's own), and over https unless the operator allowed the host although it is
// private. A redirect is not followed: it could lead to any host. max bounds the bytes, after decompression. The error is
// ErrElsewhere or a *Problem.
func (c *Client) ReadFile(ctx context.Context, rawURL string, hosts []string, max int64) ([]byte, error) {
	at, err := c.guard.parse(rawURL)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(hosts, at.Host) || at.Scheme != "https" && !c.guard.allowed[at.Host] {
		return nil, ErrElsewhere
	}
	if err := c.refused(ctx, at); err != nil {
		return nil, err
	}
	res, next, err := c.one(ctx, at, request{accept: "*/*", max: max})
	switch {
	case err != nil:
		return nil, err
	case next != "":
		return nil, ErrElsewhere
	case res.status != http.StatusOK:
		return nil, statusProblem(res.status)
	case res.short:
		return nil, problem(codeBroken, nil)
	}
	return res.body, nil
}

// Judge returns the address of a source as it would be asked for, or the *Problem that shows before anything is: that it is
// no web address, lies in a private network, carries a password, is blocked by the operator. A name is judged again by what
// it resolves to.
func (c *Client) Judge(ctx context.Context, rawURL string) (url string, err error) {
	raw, err := typed(rawURL)
	if err != nil {
		return "", err
	}
	at, err := c.guard.parse(raw)
	if err != nil {
		return "", err
	}
	return at.String(), c.refused(ctx, at)
}
