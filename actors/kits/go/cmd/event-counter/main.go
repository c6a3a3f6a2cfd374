// Event-counter counts events as Spoor's actor of that name does: by type, by type and action, and by type[action] where
// there is an action and by type otherwise. It may run beside that actor: both share the group, the tables and the fences.
package main

import (
	"spoor.dev/kit"
	"spoor.dev/kit/counter"
	"spoor.dev/kit/projection"
	"spoor.dev/kit/record"
)

func main() {
	kit.Main(counter.New("event-counter", "Counts events by type, and by type and action.", count))
}

func count(event record.Record) []projection.Increment {
	kind, action := event.Type(), event.List("action")
	byType := projection.Increment{Table: "by-type", Key: kind, By: 1}
	if action == "" {
		return []projection.Increment{byType, {Table: "by-event", Key: kind, By: 1}}
	}
	key := kind + "[" + action + "]"
	return []projection.Increment{byType, {Table: "by-action", Key: key, By: 1}, {Table: "by-event", Key: key, By: 1}}
}
