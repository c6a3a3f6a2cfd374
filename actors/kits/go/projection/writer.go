package projection

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"spoor.dev/kit/contract"
)

// Expiry of a writer's key after it was last set, and the age at which its reading of the server's clock expires.
const (
	keyTTL   = 10 * time.Minute
	clockTTL = 30 * time.Second
)

// raiseScript registers an epoch and returns the server's time, milliseconds; -1 for an outdated epoch.
var raiseScript = redis.NewScript(`
local known = tonumber(redis.call('GET', KEYS[1]) or '0')
if known > tonumber(ARGV[1]) then return -1 end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local time = redis.call('TIME')
return time[1] * 1000 + math.floor(time[2] / 1000)
`)

// writer sends scripts that Redis refuses once they are abandoned, as bridge/redis/writer.ts does: each call carries the
// writer's epoch and a deadline by the server's clock. After a call with an unknown outcome the epoch rises before
// anything else is sent. Calls run one after another.
type writer struct {
	client redis.UniversalClient
	key    string

	mu         sync.Mutex
	epoch      int64
	isSettled  bool
	serverTime int64
	readAt     time.Time
}

func newWriter(client redis.UniversalClient, prefix string) *writer {
	random := make([]byte, 16)
	_, _ = rand.Read(random)
	return &writer{client: client, key: prefix + ":writer:" + hex.EncodeToString(random)}
}

// run sends the script within timeout; once more when the server refused it because its key has expired.
func (w *writer) run(ctx context.Context, script *redis.Script, keys []string, args []any, timeout time.Duration) ([]int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var err error
	for range 2 {
		var reply any
		if err = w.settle(ctx); err != nil {
			return nil, failure(err)
		}
		deadline, _ := ctx.Deadline()
		until := w.serverTime + time.Since(w.readAt).Milliseconds() + time.Until(deadline).Milliseconds()
		all := append(append(make([]any, 0, len(args)+2), args...), strconv.FormatInt(w.epoch, 10), until)
		reply, err = script.Run(ctx, w.client, append(append([]string(nil), keys...), w.key), all...).Result()
		if err != nil {
			w.isSettled = w.isSettled && isReply(err)
			return nil, failure(err)
		}
		if numbers, ok := numbersOf(reply); ok {
			return numbers, nil
		}
		w.isSettled = false
		err = contract.Failf(contract.Unavailable, "Redis: the command arrived too late and was refused.")
	}
	return nil, err
}

// settle returns once no earlier call can be applied any more.
func (w *writer) settle(ctx context.Context) error {
	if w.isSettled && time.Since(w.readAt) < clockTTL {
		return nil
	}
	if !w.isSettled {
		w.epoch++
	}
	now, err := raiseScript.Run(ctx, w.client, []string{w.key}, w.epoch, keyTTL.Milliseconds()).Int64()
	if err != nil {
		return err
	}
	if now < 0 {
		return contract.Failf(contract.Unavailable, "Redis has a later epoch of this writer.")
	}
	w.serverTime, w.readAt, w.isSettled = now, time.Now(), true
	return nil
}

func numbersOf(reply any) ([]int64, bool) {
	list, ok := reply.([]any)
	if !ok {
		return nil, false
	}
	numbers := make([]int64, len(list))
	for i, one := range list {
		if numbers[i], ok = one.(int64); !ok {
			return nil, false
		}
	}
	return numbers, true
}

// isReply reports whether the server answered with an error: then nothing is left on the way.
func isReply(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply)
}

func failure(err error) error {
	var known *contract.Failure
	if errors.As(err, &known) {
		return known
	}
	if isReply(err) {
		return contract.Failf(contract.Unavailable, "Redis refuses: %v", err)
	}
	return contract.Failf(contract.Timeout, "Redis: %v", err)
}
