// Package projection keeps tables of counts in Redis, changed together with the fences that make each event count once:
// the offset up to which a partition was counted, and the recent event ids. Layout and script are those of Spoor's own
// counters (bridge/projection-store/), so the viewer and `bun run counters` show the tables.
package projection

import (
	"context"
	_ "embed"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"spoor.dev/kit"
	"spoor.dev/kit/contract"
)

// maxKeys is the limit of keys in a table; otherKey counts all keys without a place in a full one.
const (
	maxKeys      = 100_000
	otherKey     = "(other)"
	writeTimeout = 5 * time.Second
)

// apply.lua is the script of bridge/projection-store/apply-script.ts behind the guard of bridge/redis/writer.ts;
// test/actors/kits/go.test.ts checks that it is the same.
//
//go:embed apply.lua
var applyText string

var applyScript = redis.NewScript(applyText)

// Increment adds By to Key of Table.
type Increment struct {
	Table, Key string
	By         int64
}

// Effect is that of one record. Without an ID of Spoor only the offset fence applies.
type Effect struct {
	Offset     int64
	ID         string
	Increments []Increment
}

// Batch is the effects of consecutive records of one partition. End is the offset after the partition's last record: it
// reveals a log that was deleted and created again.
type Batch struct {
	Topic     string
	Partition int32
	End       int64
	Effects   []Effect
}

// Applied counts the records whose effect was applied now, those below the offset fence, and those whose id was known.
type Applied struct{ Applied, Reread, Duplicates int64 }

// Store is a connection to Redis. It connects again for ever, and lives as long as the process.
type Store struct {
	Dependency *kit.Dependency

	client  redis.UniversalClient
	horizon time.Duration

	mu      sync.Mutex
	writers map[string]*writer
}

// Open reads PROJECTIONS_URL (else the first of REDIS_URL), REDIS_CA, REDIS_CERT, REDIS_KEY and FENCE_HORIZON. It does not
// wait for the server. Settings that cannot work are kept in the process's settings.
func Open(process *kit.Process) (*Store, error) {
	settings := process.Settings
	text := settings.Text("PROJECTIONS_URL", settings.Text("REDIS_URL", ""))
	text, _, _ = strings.Cut(text, ",")
	day := 24 * time.Hour
	horizon := settings.Duration("FENCE_HORIZON", day, time.Hour, time.Minute, 366*day)
	files := kit.ReadTLS(settings, "REDIS")
	if text == "" {
		return nil, contract.Failf(contract.Misconfigured, "PROJECTIONS_URL and REDIS_URL are not set: name the Redis for the counts, for example redis://127.0.0.1:6379.")
	}
	options, err := redis.ParseURL(strings.TrimSpace(text))
	if err != nil {
		return nil, contract.Failf(contract.Misconfigured, "PROJECTIONS_URL cannot be used: write it like redis://user:password@host:6379/0, or rediss:// for TLS.")
	}
	if options.TLSConfig != nil && files != nil {
		config, err := files.Config()
		if err != nil {
			return nil, err
		}
		config.ServerName = options.TLSConfig.ServerName
		options.TLSConfig = config
	}
	options.MaxRetries = -1
	options.ContextTimeoutEnabled = true
	store := &Store{client: redis.NewClient(options), horizon: horizon, writers: map[string]*writer{}}
	store.Dependency = process.Require(&kit.Dependency{
		Name: "projections", Kind: "redis", Address: options.Addr,
		Check: func(ctx context.Context) error { return store.client.Ping(ctx).Err() },
	})
	return store, nil
}

// Apply applies the effects that pass the fences and moves the fences, in one atomic write. It fails with Timeout when the
// outcome is unknown, and with Unavailable when nothing was done; in both cases the same batch may be applied again.
func (s *Store) Apply(ctx context.Context, projection string, batch Batch) (Applied, error) {
	if len(batch.Effects) == 0 {
		return Applied{}, nil
	}
	plan, err := planOf(batch)
	if err != nil {
		return Applied{}, err
	}
	prefix := "{spoor:" + projection + "}"
	keys := []string{prefix + ":offsets"}
	for _, table := range plan.tables {
		keys = append(keys, prefix+":table:"+table)
	}
	for _, table := range plan.tables {
		keys = append(keys, prefix+":errors:"+table)
	}
	for _, bucket := range plan.buckets {
		keys = append(keys, prefix+":seen:"+bucket)
	}
	horizon := s.horizon.Milliseconds()
	args := []any{
		plan.partition, plan.next, maxKeys, horizon, len(plan.tables), otherKey,
		plan.encoded(time.Now().UnixMilli(), horizon), plan.end,
	}
	counts, err := s.writer(prefix).run(ctx, applyScript, keys, args, writeTimeout)
	if err != nil {
		s.Dependency.Failed(err)
		return Applied{}, err
	}
	s.Dependency.Worked()
	return Applied{counts[0], counts[1], counts[2]}, nil
}

func (s *Store) writer(prefix string) *writer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.writers[prefix] == nil {
		s.writers[prefix] = newWriter(s.client, prefix)
	}
	return s.writers[prefix]
}
