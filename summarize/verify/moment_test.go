package verify

import (
	"strings"
	"testing"
	"time"
)

// TestMoments: what the day of writing makes certain, and what it does not. 27 February 2025 was a Thursday.
func TestMoments(t *testing.T) {
	at := func(s string) time.Time {
		if s == "" {
			return time.Time{}
		}
		d, err := time.Parse("2006-01-02T15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	const noon = "2025-02-27T12:00" // the same day from Los Angeles to Tokyo
	for _, c := range []struct{ lang, body, country, published, want string }{
		{"en", "BRUSSELS – The talks began this morning (Feb. 27) in Port Alder.", "", "2025-02-27T18:00", "this morning (Feb. 27)=2025-02-27 published"},
		{"en", "The talks began this morning (Feb. 27) in Port Alder.", "", "", ""},
		{"en", "The talks began this morning (Feb. 26) in Port Alder.", "", noon, ""}, // the two do not agree
		{"en", "Contacts had begun last February 18 in Hask.", "", noon, "last February 18=2025-02-18 published"},
		{"en", "Contacts had begun last February 28 in Hask.", "", noon, "last February 28=2024-02-28 published"},
		{"en", "The treaty was signed on February 18 in Hask.", "", noon, ""}, // says all that there is
		{"en", "The treaty was signed on December 18 in Hask.", "", noon, "December 18=2024-12-18 published"},
		{"en", "The treaty was signed on August 18 in Hask.", "", noon, ""}, // of which year?
		{"en", "The treaty was signed on 18 December 2023 in Hask.", "", noon, ""},
		{"en", "The talks failed, USA Today says.", "", noon, ""}, // a newspaper
		{"en", "Today the talks failed.", "", noon, "Today=2025-02-27 published"},
		{"en", "Ministers met on Tuesday in Hask.", "", noon, "Tuesday=2025-02-25 published"},
		{"en", "Ministers will meet on Tuesday in Hask.", "", noon, ""},
		{"en", "The ministry said on Tuesday that talks will go on.", "", noon, "Tuesday=2025-02-25 published"},
		{"en", "Ministers met last Friday and last Monday in Hask.", "", noon, "last Friday=2025-02-21 published"},
		{"en", "Ministers meet next Monday.", "", noon, ""},
		{"en", "“We met yesterday,” Ana Tervo said today.", "", noon, "today=2025-02-27 published"},
		{"en", "HASK, 26 February 2025 (ENB) — Envoys met yesterday.", "", noon, "yesterday=2025-02-25 dateline"},
		{"en", "HASK, Feb 26 (ENB) — Envoys met last night.", "", noon, "last night=2025-02-25 dateline"},
		{"en", "Envoys met today.", "", "2025-02-27T20:00", ""}, // the 28th in Tokyo
		{"en", "Envoys met today.", "DE", "2025-02-27T20:00", "today=2025-02-27 published"},
		{"en", "Envoys met today.", "", "2025-02-27T00:00", "today=2025-02-27 published"}, // a date without a time
		{"en", "Tuesday, 25 February, is the day of the talks.", "", noon, ""},
		{"de", "Die Minister trafen sich heute Morgen in Hask.", "", noon, "heute Morgen=2025-02-27 published"},
		{"de", "Die Minister trafen sich gestern Abend und reisen morgen ab.", "", noon, "gestern Abend=2025-02-26 morgen=2025-02-28 published"},
		{"de", "Am Morgen des Treffens schneite es.", "", noon, ""},
		{"de", "Die Minister trafen sich am Dienstag in Hask.", "", noon, "Dienstag=2025-02-25 published"},
		{"de", "Hask, 26. Februar 2025 (dpa) – Die Minister trafen sich gestern.", "", noon, "gestern=2025-02-25 dateline"},
		{"fr", "Les ministres se sont réunis ce matin à Hask.", "", noon, "ce matin=2025-02-27 published"},
		{"es", "Los ministros se reunieron ayer por la mañana en Hask.", "", noon, "ayer por la mañana=2025-02-26 published"},
		{"es", "Los ministros llegaron por la mañana.", "", noon, ""},
		{"it", "I ministri si sono incontrati ieri sera.", "", noon, "ieri sera=2025-02-26 published"},
		{"pt", "Os ministros reuniram-se ontem.", "", noon, "ontem=2025-02-26 published"},
		{"ru", "Министры встретились вчера вечером.", "", noon, "вчера вечером=2025-02-26 published"},
		{"uk", "Міністри зустрілися вчора.", "", noon, "вчора=2025-02-26 published"},
		{"tr", "Bakanlar bu sabah görüştü.", "", noon, "bu sabah=2025-02-27 published"},
		{"ar", "اجتمع الوزراء صباح اليوم.", "", noon, "صباح اليوم=2025-02-27 published"},
		{"zh", "部长们昨晚举行会谈。", "", noon, "昨晚=2025-02-26 published"},
		{"ja", "外相は昨日会談した。", "", noon, "昨日=2025-02-26 published"},
	} {
		var got []string
		how := ""
		for _, m := range Moments(c.body, c.lang, c.body, c.country, at(c.published)) {
			got = append(got, m.Of(c.body)+"="+m.Date.Format(time.DateOnly))
			how = " " + m.How
		}
		if s := strings.Join(got, " ") + how; s != c.want {
			t.Errorf("%s %q: %q, want %q", c.lang, c.body, s, c.want)
		}
	}
}
