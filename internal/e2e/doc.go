// Package e2e tests the whole program: the real binary between a web and a
// Discord on loopback. It holds tests and what they share, nothing else.
package e2e
