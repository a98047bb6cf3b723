// Package e2e tests the whole program: the real binary between a web and a
// Discord on loopback. It holds tests, nothing else; process runs the binary,
// crash kills it over and over, and killloop does so from the terminal.
package e2e
