package model

import "context"

// payerKey is the key of a Payer in a context.
type payerKey struct{}

// WithPayer returns a context in which calls are made for p.
func WithPayer(ctx context.Context, p Payer) context.Context {
	return context.WithValue(ctx, payerKey{}, p)
}

// PayerOf returns who calls in ctx are made for: the zero Payer, which is the installation, when nobody was named.
func PayerOf(ctx context.Context) Payer {
	p, _ := ctx.Value(payerKey{}).(Payer)
	return p
}
