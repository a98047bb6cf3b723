// Package bot is everything that talks to Discord and nothing else: the gateway session, the one function that
// sends messages, and the rendering of digests.
package bot
