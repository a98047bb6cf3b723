// Package fakediscord is a Discord on loopback: REST and gateway, for tests, the demo and the preview.
package fakediscord

// STUB FILE: owned by the author of internal/fakediscord, who replaces it.
