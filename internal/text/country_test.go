package text

import (
	"strings"
	"testing"
)

func TestCountries(t *testing.T) {
	for _, c := range []struct{ lang, text, want string }{
		{"en", "Russian and U.S. officials met in Istanbul, Turkey.", "Russian=RU U.S=US Istanbul=TR Turkey=TR"},
		{"en", "The Kremlin called; Moscow and Washington were silent.", "Kremlin=RU Moscow=RU Washington=US"},
		{"en", "The UK, the EU and the UAE joined us.", "UK=GB EU=EU UAE=AE"},
		{"en", "South Sudan, Guinea-Bissau and the Democratic Republic of the Congo", "South Sudan=SS Guinea-Bissau=GW Democratic Republic of the Congo=CD"},
		{"en", "They ate turkey and bought china, then a chilean wine.", ""},
		{"en", "Voters in Atlanta, Georgia, chose Republicans.", ""},
		{"en", "Protests in Tbilisi, Georgia, went on.", "Tbilisi=GE Georgia=GE"},
		{"en", "Georgia and Armenia signed.", "Georgia=GE Armenia=AM"},
		{"en", "Michael Jordan and Jordan Peel spoke about Jordan’s King and Syria, Jordan and Iraq.", "Jordan=JO Syria=SY Jordan=JO Iraq=IQ"},
		{"en", "Chad Smith left for Chad.", "Chad=TD"},
		{"en", "The president pardoned a Turkey before Thanksgiving.", ""},
		{"en", "The Washington Post and George Washington", ""},
		{"en", "Latin American leaders in New Jersey", ""},
		{"en", "A Franco-German plan, Ukraine's answer, Niger and Nigeria", "German=DE Ukraine=UA Niger=NE Nigeria=NG"},
		{"en", "Myanmar, also Burma, and Côte d’Ivoire", "Myanmar=MM Burma=MM Côte d’Ivoire=CI"},
		{"de", "Russlands Präsident sprach in Moskau mit deutschen Diplomaten; die Vereinigten Staaten und die Ukraine schwiegen.",
			"Russlands=RU Moskau=RU deutschen=DE Vereinigten Staaten=US Ukraine=UA"},
		{"fr", "L’Ukraine et la Russie, dit l’Élysée; les diplomates russes à Genève.", "Ukraine=UA Russie=RU Élysée=FR russes=RU Genève=CH"},
		{"es", "Estados Unidos y Rusia negocian en Estambul con los rusos", "Estados Unidos=US Rusia=RU Estambul=TR rusos=RU"},
		{"ru", "Представители России и США встретились в Стамбуле, сообщили в Кремле; украинские власти промолчали", "России=RU США=US Стамбуле=TR Кремле=RU украинские=UA"},
		{"uk", "Україні та Росії, США", "Україні=UA Росії=RU США=US"},
		{"tr", "Türkiye'nin Rusya ve ABD ile görüşmesi", "Türkiye=TR Rusya=RU ABD=US"},
		{"zh", "俄罗斯和美国代表在土耳其会谈", "俄罗斯=RU 美国=US 土耳其=TR"},
		{"ja", "ロシアと米国の代表がトルコで会談", "ロシア=RU 米国=US トルコ=TR"},
		{"ar", "التقى مسؤولون من روسيا والولايات المتحدة في تركيا", "روسيا=RU الولايات المتحدة=US تركيا=TR"},
		{"", "France", "France=FR"},
		{"xx", "France", "France=FR"},
	} {
		var got []string
		for _, m := range Countries(c.text, c.lang) {
			got = append(got, m.Of(c.text)+"="+m.Code)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s %q:\n got %s\nwant %s", c.lang, c.text, strings.Join(got, " "), c.want)
		}
	}
}

func TestCountryName(t *testing.T) {
	for _, c := range []struct{ code, lang, want string }{
		{"RU", "de", "Russland"}, {"RU", "ru", "Россия"}, {"US", "fr", "États-Unis"}, {"EU", "en", "European Union"},
		{"MK", "en", "North Macedonia"}, {"XK", "pt", "Kosovo"}, {"TR", "xx", "Turkey"}, {"DE", "", "Germany"}, {"??", "en", "??"},
	} {
		if got := CountryName(c.code, c.lang); got != c.want {
			t.Errorf("CountryName(%s, %s) = %q, want %q", c.code, c.lang, got, c.want)
		}
	}
}

// Every line of the tables must name a country that exists, and no name may stand for two.
func TestCountryTables(t *testing.T) {
	files, err := data.ReadDir("data/country")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Name() == "names.txt" || f.Name() == "guards.txt" {
			continue
		}
		seen := map[string]string{}
		for _, line := range table("country/" + f.Name()) {
			code, list, _ := strings.Cut(line, " ")
			if code != "-" && CountryName(code, "en") == code {
				t.Errorf("%s: no country %q", f.Name(), code)
			}
			for n := range strings.SplitSeq(list, ",") {
				n = strings.TrimSpace(n)
				if old, ok := seen[n]; n == "" || ok && old != code {
					t.Errorf("%s: %q stands for %s and %s", f.Name(), n, old, code)
				}
				seen[n] = code
			}
		}
	}
}

func FuzzCountries(f *testing.F) {
	f.Add("Russian–U.S. talks in N'Djamena 俄罗斯 \xff", "en")
	f.Add("России’s", "ru")
	f.Fuzz(func(t *testing.T, s, lang string) {
		last := 0
		for _, m := range Countries(s, lang) {
			if m.Start < last || m.End <= m.Start || m.End > len(s) || m.Code == "-" || m.Code == "" {
				t.Fatalf("mention %+v after %d of %q", m, last, s)
			}
			last = m.End
		}
	})
}

func BenchmarkCountries(b *testing.B) {
	text := strings.Repeat("Russian and U.S. officials met in Istanbul while nobody in the capital knew what had been said before. ", 30)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Countries(text, "en")
	}
}
