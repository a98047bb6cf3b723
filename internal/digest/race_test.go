//go:build race

package digest

const raceDetector = true
