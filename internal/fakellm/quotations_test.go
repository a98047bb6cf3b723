package fakellm_test

import (
	"strings"
	"testing"

	"attache/internal/fakellm"
)

const lund = `{"article":2,"title":"","language":"de","paragraphs":["Ministerpräsident Tomas Orel sagte am Montag: „Wir erwarten keine Wunder.“ Mehr sagte er nicht.","„Wir kommen“, sagte Ana Tervo. Sie reist am 9. März."]}`

// Quotations are listed with the nearest name of their paragraph.
func TestQuotes(t *testing.T) {
	b := decoded(t, content(t, fakellm.New(fakellm.Options{}), body(t, "List.\nschema: quotes", material("n", "de", lund), "", nil)))
	if len(b.Quotes) != 2 || b.Quotes[0].Quote != "Wir erwarten keine Wunder" || !strings.HasSuffix(b.Quotes[0].Speaker, "Tomas Orel") ||
		b.Quotes[1].Quote != "Wir kommen" || b.Quotes[1].Speaker != "Ana Tervo" {
		t.Errorf("%+v", b.Quotes)
	}
}

// Quotations that are shown with the articles come back in the other language, by their number.
func TestTranslatedQuotations(t *testing.T) {
	user := strings.Replace(material("n", "en", lund), `"language":"en"`, `"quotations":[{"quotation":7,"article":2,"words":"Wir erwarten am 9. März keine Wunder"},{"quotation":8,"article":5,"words":"x"}],"language":"en"`, 1)
	b := decoded(t, content(t, fakellm.New(fakellm.Options{}), body(t, "Write.", user, "translation", nil)))
	if len(b.Quotations) != 1 || b.Quotations[0].Quotation != 7 || !strings.Contains(b.Quotations[0].Text, "9 March") {
		t.Errorf("%+v", b.Quotations)
	}
}
