package fakediscord

import "testing"

func TestShardOf(t *testing.T) {
	for _, c := range []struct {
		guild        string
		shards, want int
	}{{"", 4, 0}, {"29360133", 4, 3}, {"29360133", 1, 0}, {"1211781489931452447", 16, 3}, {"local", 3, 0}} {
		if got := shardOf(c.guild, c.shards); got != c.want {
			t.Errorf("guild %q of %d shards: %d, want %d", c.guild, c.shards, got, c.want)
		}
	}
}
