package quote

import "testing"

// A post is what stands above its signature, of whichever network its handle is.
func TestPosts(t *testing.T) {
	for _, signature := range []string{
		"— Ana Ferry (@AnaFerry) February 27, 2025", "– Ana Ferry (@ana.ferry.example) February 27, 2025 at 9:00 AM", "-- Ana Ferry (@ana-ferry.bsky.example) 27 Feb 2025",
	} {
		text := "The minister wrote on Thursday that everybody may sail:\nThe strait is open again.\n" + signature + "\nMore on page two."
		var posts []Quote
		for _, q := range Find(Doc{Title: "Ferries resume", Text: text, Lang: "en"}) {
			if q.Kind == Post {
				posts = append(posts, q)
			}
		}
		if len(posts) != 1 || posts[0].Speaker != "Ana Ferry" || posts[0].Words(text)[0] != "The strait is open again." || posts[0].SpeakerSpan.Of(text) != "Ana Ferry" {
			t.Errorf("%s: %+v", signature, posts)
		}
	}
}
