package sources

import "testing"

func TestKey(t *testing.T) {
	for u, want := range map[string]string{
		"https://www.Ferries.example:443/News/1":                    "ferries.example/News/1",
		"http://ferries.example:80/News/1/":                         "ferries.example/News/1",
		"http://ferries.example:8080/":                              "ferries.example:8080",
		"https://m.ferries.example/1#part":                          "ferries.example/1",
		"https://amp.ferries.example/1/amp":                         "ferries.example/1",
		"https://ferries.example/1/amp/":                            "ferries.example/1",
		"https://ferries.example/1.amp.html":                        "ferries.example/1.html",
		"https://ferries.example/1?amp=1":                           "ferries.example/1",
		"https://ferries.example/1?outputType=amp":                  "ferries.example/1",
		"https://ferries.example/1?utm_source=a&utm_medium=b&id=7":  "ferries.example/1?id=7",
		"https://ferries.example/1?b=2&a=1":                         "ferries.example/1?a=1&b=2",
		"https://ferries.example/1?a=1&amp;b=2":                     "ferries.example/1?a=1&b=2",
		"https://ferries.example/1?fbclid=x&gclid=y&yclid=z&mc_cid": "ferries.example/1",
		"https://ferries.example/1?ref=ferries.example":             "ferries.example/1",
		"https://ferries.example/1?ref=7":                           "ferries.example/1?ref=7",
		"https://ferries.example/a/../b/./c":                        "ferries.example/b/c",
		"https://ferries.example/caf%c3%a9":                         "ferries.example/caf%C3%A9",
		"https://ferries.example/café":                              "ferries.example/caf%C3%A9",
		"https://ferries.example/%7Eana":                            "ferries.example/~ana",
		"https://ferries.example/index.html":                        "ferries.example",
		"https://müller.example/1":                                  "xn--mller-kva.example/1",
		"//ferries.example/1":                                       "ferries.example/1",
		" https://ferries.example/1\n":                              "ferries.example/1",
		"http://[2001:db8::1]/1":                                    "[2001:db8::1]/1",
		"https://ferries.example.":                                  "ferries.example",
		"https://www.example/1":                                     "www.example/1", // nothing would be left
	} {
		got, err := Key(u)
		if err != nil || got != want {
			t.Errorf("Key(%s) = %s, %v, want %s", u, got, err, want)
		}
		if again, err := Key(got); err != nil || again != got {
			t.Errorf("Key(%s) = %s, %v", got, again, err)
		}
	}
	for _, u := range []string{"", "mailto:a@example.org", "ftp://ferries.example/1", "https:///1", "http://exa mple/", "http://a.example\u0085/1", "%25.5.6/5", "http://a%7Cb.example/", ";\xb4c0\xc2\n\x85"} {
		if k, err := Key(u); err == nil {
			t.Errorf("Key(%q) = %q", u, k)
		}
	}
}
