package summarize

import (
	"context"
	"fmt"

	"attache/summarize/model"
)

// A Judged is a sentence and what shall prove it.
type Judged struct{ Text, Evidence string }

// Judge asks the model of each sentence whether a careful reader of its evidence would agree with all of it. A model's
// judgement is no proof: it may take away, and lets nothing pass that code refuses. Errors are those of the client's Ask,
// and that a verdict is missing.
func (m *Model) Judge(ctx context.Context, pairs []Judged) ([]bool, error) {
	type shown struct {
		Bullet   int    `json:"bullet"`
		Text     string `json:"text"`
		Evidence string `json:"evidence"`
	}
	most := max(articleLeast, min(4*articleBytes, windowBytes(m.client.Endpoint())-promptBytes(kindJudge))/max(1, len(pairs)))
	list := make([]shown, len(pairs))
	for i, p := range pairs {
		list[i] = shown{i + 1, clip(p.Text, most/2), sentencesWithin(p.Evidence, "", most)}
	}
	p := prompt{kind: kindJudge, Mark: newMark("verdict"), Articles: encode(map[string]any{"bullets": list})}
	content, err := m.ask(ctx, p)
	if err != nil {
		return nil, err
	}
	var r struct {
		Verdicts []struct {
			Bullet    int  `json:"bullet"`
			Supported bool `json:"supported"`
		} `json:"verdicts"`
	}
	if err := model.Decode(content, &r); err != nil {
		return nil, err
	}
	out := make([]bool, len(pairs))
	told := map[int]bool{}
	for _, v := range r.Verdicts {
		if v.Bullet < 1 || v.Bullet > len(pairs) || told[v.Bullet] {
			return nil, fmt.Errorf("the judge speaks of sentence %d, which there is not, or twice", v.Bullet)
		}
		told[v.Bullet], out[v.Bullet-1] = true, v.Supported
	}
	if len(told) < len(pairs) {
		return nil, fmt.Errorf("the judge has no verdict on %d of %d sentences", len(pairs)-len(told), len(pairs))
	}
	return out, nil
}
