package store

import (
	"reflect"
	"testing"

	"attache/sources"
)

// No secret stands in a list that is given away: not that of a private source, nor one that came with a redirect or a site's address.
func TestOutlines(t *testing.T) {
	const secret = "https://harbour.example/feed?token=4f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c"
	subs := []Subscription{
		{Name: "Open", Tier: Official, Country: "PT", Topics: []string{"sea"}, Source: Source{URL: "https://a.example/feed", Link: "https://a.example/", Lang: "pt"}},
		{Name: "Ours", Source: Source{URL: Mask(secret), Private: true}},
		{Name: "Moved", Source: Source{URL: secret}},
		{Name: "Site", Tier: Press, Source: Source{URL: "https://b.example/feed", Link: secret}},
	}
	list, private := Outlines(subs)
	want := []sources.Outline{
		{URL: "https://a.example/feed", Title: "Open", Site: "https://a.example/", Lang: "pt", Topics: []string{"sea"}, Tier: "official", Country: "PT"},
		{URL: "https://b.example/feed", Title: "Site", Tier: "press"},
	}
	if !reflect.DeepEqual(list, want) {
		t.Errorf("%+v", list)
	}
	if len(private) != 2 || private[0].Name != "Ours" || private[1].Name != "Moved" {
		t.Errorf("left out: %+v", private)
	}
}
