// Score-step is an enrichment step: how engaged the person behind an event is, 0 to 100, and the class low, middle or high
// as score_class. It is the step score of the Python kit, and may share its requests. Name it in ENRICH_STEPS=score.
package main

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"spoor.dev/kit"
)

var byType = map[string]int{"purchase": 60, "buy": 60, "checkout": 45, "cart": 35, "signup": 40, "login": 25, "search": 20, "view": 10}
var byDevice = map[string]int{"desktop": 10, "tablet": 8, "mobile": 5, "tv": 3, "console": 3, "wearable": 2}

func main() {
	kit.Main(kit.Actor{
		Name:    "score",
		Summary: "Adds score (0 to 100) and score_class (low, middle, high) from type, device and parameters.",
		Sends:   "parameters of events to the enricher",
		Setup:   func(*kit.Process) (kit.Inbox, error) { return kit.Step("score", score), nil },
	})
}

func score(_ context.Context, event kit.Event) (kit.Params, error) {
	device := strings.ToLower(event.MetaValue("type") + event.MetaValue("device"))
	if device == "bot" || event.MetaValue("bot_name") != "" {
		return nil, nil
	}
	price, noPrice := number(event, "price")
	seconds, noSeconds := number(event, "seconds")
	if noPrice != nil || noSeconds != nil {
		return nil, errors.New("price or seconds is not a number")
	}
	points, known := byType[event.Type()]
	if !known {
		points = 5
	}
	points += byDevice[device]
	if seconds >= 60 {
		points += 15
	}
	if price > 0 {
		points += 15
	}
	points = min(points, 100)
	return kit.Params{"score": strconv.Itoa(points), "score_class": classOf(points)}, nil
}

func number(event kit.Event, name string) (float64, error) {
	text, has := event.Param(name)
	if !has || text == "" {
		return 0, nil
	}
	return strconv.ParseFloat(text, 64)
}

func classOf(points int) string {
	switch {
	case points >= 60:
		return "high"
	case points >= 30:
		return "middle"
	}
	return "low"
}
