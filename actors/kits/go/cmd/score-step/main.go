// Score-step is an example of an enrichment step: it gives each event a score from 0 to 100 for how likely it is to come
// from a person, by its device and address. Name it in the enricher's ENRICH_STEPS=score.
package main

import (
	"context"
	"strconv"

	"spoor.dev/kit"
)

func main() {
	kit.Main(kit.Actor{
		Name:    "score-step",
		Summary: "Scores how likely an event comes from a person.",
		Sends:   "the parameter score",
		Setup: func(*kit.Process) (kit.Inbox, error) {
			return kit.Step("score", func(_ context.Context, event kit.Event) (kit.Params, error) {
				return kit.Params{"score": strconv.Itoa(score(event))}, nil
			}), nil
		},
	})
}

func score(event kit.Event) int {
	device := event.MetaValue("type") + event.MetaValue("device")
	points := 50
	switch device {
	case "Mobile", "mobile", "Tablet", "tablet", "Desktop", "desktop":
		points += 30
	case "Bot", "", "Unknown":
		points -= 40
	}
	if country := event.MetaValue("country"); country != "" && country != "XX" {
		points += 20
	}
	return points
}
