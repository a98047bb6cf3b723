package sources

import (
	"testing"
	"time"
)

func TestWhen(t *testing.T) {
	utc := func(y int, m time.Month, d, h, min, s int) time.Time {
		return time.Date(y, m, d, h, min, s, 0, time.UTC)
	}
	none := time.Time{}
	for in, want := range map[string]time.Time{
		// The forms nearly every feed uses.
		"Tue, 04 Mar 2025 08:05:09 +0100": utc(2025, 3, 4, 7, 5, 9),
		"Tue, 4 Mar 2025 08:05 GMT":       utc(2025, 3, 4, 8, 5, 0),
		"2025-03-04T08:05:09Z":            utc(2025, 3, 4, 8, 5, 9),
		"2025-03-04T08:05:09.123+05:30":   utc(2025, 3, 4, 2, 35, 9),
		"2025-03-04T08:05":                utc(2025, 3, 4, 8, 5, 0),
		"2025-03-04 08:05":                utc(2025, 3, 4, 8, 5, 0),
		"20250304":                        utc(2025, 3, 4, 0, 0, 0),
		"1741075509":                      utc(2025, 3, 4, 8, 5, 9),
		"1741075509000":                   utc(2025, 3, 4, 8, 5, 9),
		// Zones that others read as UTC.
		"Tue, 04 Mar 2025 08:05:09 MSK":               utc(2025, 3, 4, 5, 5, 9),
		"Tue, 04 Mar 2025 08:05:09 MSD":               utc(2025, 3, 4, 4, 5, 9),
		"Tue, 04 Mar 2025 08:05:09 MET":               utc(2025, 3, 4, 7, 5, 9),
		"Tue, 04 Mar 2025 08:05:09 MEST":              utc(2025, 3, 4, 6, 5, 9),
		"Tue, 04 Mar 2025 08:05:09 IST":               utc(2025, 3, 4, 2, 35, 9),
		"Tue, 04 Mar 2025 08:05:09 JST":               utc(2025, 3, 3, 23, 5, 9),
		"Tue, 04 Mar 2025 08:05:09 ET":                utc(2025, 3, 4, 13, 5, 9),
		"Fri, 04 Jul 2025 08:05:09 ET":                utc(2025, 7, 4, 12, 5, 9),
		"Tue, 04 Mar 2025 08:05:09 GMT+3":             utc(2025, 3, 4, 5, 5, 9),
		"Tue, 04 Mar 2025 08:05:09 +0300 (MSK)":       utc(2025, 3, 4, 5, 5, 9),
		"Tue Mar 04 2025 08:05:09 GMT+0100 (Paris)":   utc(2025, 3, 4, 7, 5, 9),
		"Tue, 04 Mar 2025 08:05:09 Europe/Istanbul":   utc(2025, 3, 4, 5, 5, 9),
		"Tue, 04 Mar 2025 08:05:09 America/Sao_Paulo": utc(2025, 3, 4, 11, 5, 9),
		"Tue, 04 Mar 2025 08:05:09 −0500":             utc(2025, 3, 4, 13, 5, 9),
		"12:30 4 March 2025":                          utc(2025, 3, 4, 12, 30, 0),
		"12:30, 04.03.2025":                           utc(2025, 3, 4, 12, 30, 0),
		"March 4, 2025 at 12:30 pm":                   utc(2025, 3, 4, 12, 30, 0),
		"March 4, 2025 12:30 a.m.":                    utc(2025, 3, 4, 0, 30, 0),
		"4th of March, 2025":                          utc(2025, 3, 4, 0, 0, 0),
		"mar. 4 mars 2025 - 9h30":                     utc(2025, 3, 4, 9, 30, 0),
		"martes, 4 de marzo de 2025 09:30":            utc(2025, 3, 4, 9, 30, 0),
		"mar, 4 mar 2025 09:30:00 +0100":              utc(2025, 3, 4, 8, 30, 0),
		"terça-feira, 4 de março de 2025":             utc(2025, 3, 4, 0, 0, 0),
		"Dienstag, 4. März 2025, 9:30 Uhr":            utc(2025, 3, 4, 9, 30, 0),
		"4 марта 2025 г. в 9:30":                      utc(2025, 3, 4, 9, 30, 0),
		"4 березня 2025 року о 9:30":                  utc(2025, 3, 4, 9, 30, 0),
		"4 marca 2025 r., godz. 9:30":                 utc(2025, 3, 4, 9, 30, 0),
		"4 Ağustos 2025 Pazartesi 09:30":              utc(2025, 8, 4, 9, 30, 0),
		"٤ مارس ٢٠٢٥ ٩:٣٠":                            utc(2025, 3, 4, 9, 30, 0),
		"4 كانون الثاني 2025":                         utc(2025, 1, 4, 0, 0, 0),
		"2025年3月4日 星期二 下午3:20":                        utc(2025, 3, 4, 15, 20, 0),
		"2025年3月4日 15時20分":                            utc(2025, 3, 4, 15, 20, 0),
		"2025년 3월 4일 오후 3:20":                         utc(2025, 3, 4, 6, 20, 0),
		"Τρι, 04 Μαρ 2025 09:30:00 +0200":             utc(2025, 3, 4, 7, 30, 0),
		"2025. március 4. 9:30":                       utc(2025, 3, 4, 9, 30, 0),
		"2025-július-13T9:15-05:00":                   utc(2025, 7, 13, 14, 15, 0),
		"۴ مارس ۲۰۲۵ ساعت ۹:۳۰":                       utc(2025, 3, 4, 9, 30, 0),
		"4 मार्च 2025 9:30":                           utc(2025, 3, 4, 9, 30, 0),
		"২৫ ফেব্রুয়ারি ২০২৫":                         utc(2025, 2, 25, 0, 0, 0),
		"25 فروری 2025":                               utc(2025, 2, 25, 0, 0, 0),
		"4 մարտի 2025 թ. 9:30":                        utc(2025, 3, 4, 9, 30, 0),
		"4 აგვისტო, 2025":                             utc(2025, 8, 4, 0, 0, 0),
		"2025 ж. 4 наурыз":                            utc(2025, 3, 4, 0, 0, 0),
		"вторник, 4 јуни 2025 година":                 utc(2025, 6, 4, 0, 0, 0),
		"4 Gusht 2025, 09:30":                         utc(2025, 8, 4, 9, 30, 0),
		"dimarts, 4 de març de 2025":                  utc(2025, 3, 4, 0, 0, 0),
		"4 กรกฎาคม 2025":                              utc(2025, 7, 4, 0, 0, 0),
		"3 Meán Fómhair 2025":                         utc(2025, 9, 3, 0, 0, 0),
		"4 septemba 2025":                             utc(2025, 9, 4, 0, 0, 0),
		"2025 yil 4 fevral":                           utc(2025, 2, 4, 0, 0, 0),
		"25/12/2025":                                  utc(2025, 12, 25, 0, 0, 0),
		"12/25/2025":                                  utc(2025, 12, 25, 0, 0, 0),
		"3/4/2025 9:30 PM":                            utc(2025, 3, 4, 21, 30, 0),
		"Mar 2025":                                    utc(2025, 3, 1, 0, 0, 0),
		// Nonsense.
		"":                                none,
		"yesterday":                       none,
		"2 hours ago":                     none,
		"Tue, 31 Jun 2025 08:05:09 GMT":   none,
		"Tue, 04 Mar 2025 24:01:00 GMT":   none,
		"Tue, 04 Mar 2025 08:61:00 GMT":   none,
		"Tue, 04 Mrx 2025 08:05:00 GMT":   none,
		"2025-13-45":                      none,
		"2025-03-04T08:05:09Zjunk":        none,
		"0001-01-01T00:00:00Z":            none,
		"0000-00-00 00:00:00":             none,
		"0001-01-01T00:00":                none,
		"0001-01-01 00:00":                none,
		"0000-00-00T00:00":                none,
		"-0001-11-30T00:00:00+00:00":      none,
		"Thu, 01 Jan 1970 00:00:00 +9999": none,
		"03-04-05":                        none, // three readings
		"12:30":                           none,
		"999999999999999999999":           none,
		"Invalid Date":                    none,
	} {
		if got := when(in, nil); !got.Equal(want) {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}

// gofeed's own reading is taken only where no zone name is in play.
func TestWhenTrustsGofeedWithoutWords(t *testing.T) {
	at := time.Date(2025, 3, 4, 8, 5, 0, 0, time.UTC)
	if got := when("2025#03#04", &at); !got.Equal(at) {
		t.Errorf("got %v", got)
	}
	if got := when("4#3#25 XYZT", &at); !got.IsZero() {
		t.Errorf("got %v", got)
	}
}

func TestDateWordsAreUnambiguous(t *testing.T) {
	if n := len(dateWords.words); n < 900 {
		t.Fatalf("only %d words", n)
	}
	for _, w := range []string{"january", "mars", "марта", "şubat", "märz"} {
		if d := dateWords.words[foldDateWord(w)]; d.month == 0 {
			t.Errorf("%q names no month", w)
		}
	}
}

// Whatever stands where a date should is a time of these centuries, in UTC, or none; the same each time; and what is read of it
// is read again as it was.
func FuzzWhen(f *testing.F) {
	for _, s := range []string{"Tue, 04 Mar 2025 08:05:09 MSK", "2025年3月4日 下午3:20", "-0312", "03335", "٤ مارس ٢٠٢٥", "1:2:3:4", "+-:/()", "2025-03-04T08:05:09.999-23:59",
		"Mar 2025 4 at noon", "2200-12-31T23:59:59-12:00", "yesterday", "4. března 2025 v 9 hodin", "2--------'--------------00\xb6\xe7\x00\xf0\xc8*Z", "0099-12-31", "1741075509000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		defer within(len(s))()
		got, ok := fastDate(s)
		if ok == got.IsZero() {
			t.Errorf("%q: %v, %v", s, got, ok)
		}
		checkTime(t, got)
		at := when(s, nil)
		checkTime(t, at)
		if ok && at.Unix() != got.Unix() {
			t.Errorf("%q: %v by our own formats, %v in all", s, got, at)
		}
		if again := when(s, nil); !again.Equal(at) || !when(" "+s+"\n", nil).Equal(at) {
			t.Errorf("%q: %v, then %v", s, at, again)
		}
		if back := when(at.Format(time.RFC3339), nil); back.Unix() != at.Unix() {
			t.Errorf("%q: %v, read again %v", s, at, back)
		}
	})
}

func BenchmarkWhen(b *testing.B) {
	for _, s := range []string{"Tue, 04 Mar 2025 08:05:09 +0100", "2025-03-04T08:05:09Z", "Tue, 04 Mar 2025 08:05:09 MSK", "4 марта 2025 г. в 9:30",
		"2--------'--------------00\xb6\xe7\x00\xf0\xc8*Z"} {
		b.Run(s, func(b *testing.B) {
			for b.Loop() {
				when(s, nil)
			}
		})
	}
}
