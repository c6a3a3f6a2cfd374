package projection

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"spoor.dev/kit"
	"spoor.dev/kit/contract"
	"spoor.dev/kit/internal/servers"
)

// opened is a store as an actor opens it.
func opened(t *testing.T, values map[string]string) *Store {
	t.Helper()
	var store *Store
	errStop := errors.New("opened")
	err := kit.Run(context.Background(), kit.Actor{Name: "a", Summary: "Tests.", Setup: func(process *kit.Process) (kit.Inbox, error) {
		var err error
		if store, err = Open(process); err != nil {
			return nil, err
		}
		return nil, errStop
	}}, kit.NewSettings(func(name string) string { return values[name] }), io.Discard)
	if !errors.Is(err, errStop) {
		t.Fatal(err)
	}
	return store
}

var batchID = fmt.Sprintf("%012x", time.Now().UnixMilli()) + "00000000000000000000"

func id(index int) string { return fmt.Sprintf("%s-%d", batchID, index) }

func one(offset int64, id, key string) Effect {
	return Effect{Offset: offset, ID: id, Increments: []Increment{{Table: "by-type", Key: key, By: 1}}}
}

func apply(t *testing.T, store *Store, effects ...Effect) Applied {
	t.Helper()
	applied, err := store.Apply(context.Background(), "test", Batch{Topic: "events", End: 1_000, Effects: effects})
	if err != nil {
		t.Fatal(err)
	}
	return applied
}

func count(t *testing.T, store *Store, key string) float64 {
	t.Helper()
	return store.client.ZScore(context.Background(), "{spoor:test}:table:by-type", key).Val()
}

func TestEachEventCountsOnce(t *testing.T) {
	server := servers.Redis(t)
	store := opened(t, map[string]string{"REDIS_URL": "redis://" + server.Address})
	first := []Effect{one(0, id(0), "a"), one(1, id(1), "b"), one(2, "", "a"), {Offset: 5}}
	if applied := apply(t, store, first...); applied != (Applied{4, 0, 0}) {
		t.Fatal(applied)
	}
	// Read again, as after a kill before the commit; then stored again, as after a lost receipt.
	if applied := apply(t, store, first...); applied != (Applied{0, 4, 0}) {
		t.Fatal(applied)
	}
	if applied := apply(t, store, one(6, id(1), "b"), one(7, id(4095), "c"), one(8, id(4096), "c"), one(9, id(4096), "c")); applied != (Applied{2, 0, 2}) {
		t.Fatal(applied)
	}
	// Another process, with another writer, finds the same fences.
	other := opened(t, map[string]string{"REDIS_URL": "redis://nobody:5", "PROJECTIONS_URL": "redis://" + server.Address})
	if applied := apply(t, other, one(9, id(4096), "c"), one(10, id(0), "a")); applied != (Applied{0, 1, 1}) {
		t.Fatal(applied)
	}
	if count(t, store, "a") != 2 || count(t, store, "b") != 1 || count(t, store, "c") != 2 {
		t.Fatal("the counts are wrong")
	}
	if next := store.client.HGet(context.Background(), "{spoor:test}:offsets", "events-0").Val(); next != "11" {
		t.Fatal(next)
	}
}

func TestABatchIsAppliedWholeOrNotAtAll(t *testing.T) {
	store := opened(t, map[string]string{"REDIS_URL": "redis://" + servers.Redis(t).Address})
	ctx := context.Background()
	store.client.Set(ctx, "{spoor:test}:table:by-action", "not a table", 0)
	bad := Effect{Offset: 1, Increments: []Increment{{Table: "by-action", Key: "x", By: 1}}}
	if _, err := store.Apply(ctx, "test", Batch{Topic: "events", Effects: []Effect{one(0, id(0), "a"), bad}}); contract.AsFailure(err).Reason != contract.Unavailable {
		t.Fatal(err)
	}
	if left := store.client.Exists(ctx, "{spoor:test}:offsets", "{spoor:test}:table:by-type").Val(); left != 0 {
		t.Fatal("a part was applied")
	}
	store.client.Del(ctx, "{spoor:test}:table:by-action")
	if applied := apply(t, store, one(0, id(0), "a"), bad); applied != (Applied{2, 0, 0}) {
		t.Fatal(applied)
	}
}

func TestAnAbandonedCommandTakesNoEffect(t *testing.T) {
	store := opened(t, map[string]string{"REDIS_URL": "redis://" + servers.Redis(t).Address})
	apply(t, store, one(0, id(0), "a"))
	ctx, w := context.Background(), store.writers["{spoor:test}"]
	send := func(epoch, deadline int64) any {
		plan, _ := planOf(Batch{Topic: "events", End: 9, Effects: []Effect{one(1, "", "late")}})
		args := []any{plan.partition, plan.next, maxKeys, 60_000, 1, otherKey, plan.encoded(0, 1), plan.end, epoch, deadline}
		reply, err := applyScript.Run(ctx, store.client, []string{"{spoor:test}:offsets", "{spoor:test}:table:by-type", "{spoor:test}:errors:by-type", w.key}, args...).Result()
		if err != nil {
			t.Fatal(err)
		}
		return reply
	}
	if reply := send(w.epoch, 1); reply != "LATE" {
		t.Fatal(reply)
	}
	before := w.epoch
	w.isSettled = false
	apply(t, store, one(1, id(1), "a"))
	if reply := send(before, time.Now().UnixMilli()+60_000); reply != "FENCED" || count(t, store, "late") != 0 {
		t.Fatal(reply)
	}
	// A server that has lost the writer's key gets a new epoch.
	store.client.Del(ctx, w.key)
	if applied := apply(t, store, one(2, id(2), "a")); applied.Applied != 1 || count(t, store, "a") != 3 {
		t.Fatal(applied)
	}
}

func TestItWaitsForRedis(t *testing.T) {
	server := servers.Redis(t)
	store := opened(t, map[string]string{"REDIS_URL": "redis://" + server.Address})
	apply(t, store, one(0, id(0), "a"))
	server.Kill()
	if _, err := store.Apply(context.Background(), "test", Batch{Topic: "events", Effects: []Effect{one(1, "", "a")}}); err == nil {
		t.Fatal("it works without Redis")
	}
	if err := store.Dependency.Check(context.Background()); err == nil {
		t.Fatal("the check succeeds without Redis")
	}
	server.Start()
	servers.Eventually(t, "it works again", func() bool {
		_, err := store.Apply(context.Background(), "test", Batch{Topic: "events", Effects: []Effect{one(1, "", "a")}})
		return err == nil
	})
}

func TestEffectsAreArrangedForOneWrite(t *testing.T) {
	if _, err := planOf(Batch{Effects: []Effect{{Offset: 1}, {Offset: 1}}}); contract.AsFailure(err).Reason != contract.Unreadable {
		t.Fatal(err)
	}
	for _, text := range []string{"", "x", batchID, batchID + "-", batchID + "-x", batchID + "-12345678", strings.ToUpper(batchID[:31]) + "A-1", "-1"} {
		if _, _, ok := splitEventID(text); ok {
			t.Errorf("%q is taken for an event id", text)
		}
	}
	plan, err := planOf(Batch{Topic: "t", Partition: 3, End: 2, Effects: []Effect{one(4, id(1), "\xff"), one(9, id(4097), "\xff")}})
	if err != nil || plan.next != "10" || plan.end != "10" || plan.partition != "t-3" || len(plan.keyNames) != 1 || plan.keyNames[0] != "\ufffd" || len(plan.groups) != 2 || plan.groups[1].bits[0] != 1 {
		t.Fatalf("%+v %v", plan, err)
	}
}

func TestSettingsOfRedis(t *testing.T) {
	for _, values := range []map[string]string{{}, {"REDIS_URL": "http://x"}, {"REDIS_URL": "redis://x", "FENCE_HORIZON": "1s"}, {"REDIS_URL": "redis://x", "REDIS_CERT": "store.go"}} {
		err := kit.Run(context.Background(), kit.Actor{Name: "a", Summary: "Tests.", Setup: func(process *kit.Process) (kit.Inbox, error) {
			_, err := Open(process)
			return nil, err
		}}, kit.NewSettings(func(name string) string { return values[name] }), io.Discard)
		if err == nil || contract.AsFailure(err).Reason != contract.Misconfigured {
			t.Errorf("%v: %v", values, err)
		}
	}
}
