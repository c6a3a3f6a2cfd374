package kit

import (
	"context"
	"log/slog"
	"testing"

	"spoor.dev/kit/contract"
)

func BenchmarkStep(b *testing.B) {
	batch := &contract.EnrichedBatch{BatchName: name}
	for i := range 1000 {
		batch.Events = append(batch.Events, contract.EnrichedEvent{Index: i, Topic: "t", Value: recordOf("price=9&seconds=70&a=1&b=2")})
	}
	payload := contract.AppendEnrichedBatch(nil, batch)
	step := Step("score", func(_ context.Context, event Event) (Params, error) {
		_, _ = event.Param("price")
		_, _ = event.Param("seconds")
		return Params{"score": event.MetaValue("type"), "score_class": event.MetaValue("device")}, nil
	}).(*conversation[*contract.EnrichedBatch])
	for b.Loop() {
		request, format, err := step.read(payload)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := step.answer(context.Background(), request, format, slog.Default()); err != nil {
			b.Fatal(err)
		}
	}
}
