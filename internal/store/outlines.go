package store

import "attache/sources"

// Outlines are subscriptions as a list that other programs read, and those that are not in it: private ones, whose addresses
// are secrets, and public ones that have moved to an address with a secret since. So is the address of a site left out.
func Outlines(subs []Subscription) (list []sources.Outline, private []Subscription) {
	for _, s := range subs {
		if s.Source.Private || sources.Private(s.Source.URL) {
			private = append(private, s)
			continue
		}
		o := sources.Outline{URL: s.Source.URL, Title: s.Name, Site: s.Source.Link, Lang: s.Source.Lang, Topics: s.Topics,
			Tier: string(s.Tier), Country: s.Country}
		if sources.Private(o.Site) {
			o.Site = ""
		}
		list = append(list, o)
	}
	return list, private
}
