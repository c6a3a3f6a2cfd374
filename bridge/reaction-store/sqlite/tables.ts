/** The tables of `reactions.sqlite`. Times are milliseconds since 1970. */

/**
 * - `partitions`: version and next offset of each partition; `part` is `<topic>-<partition>`. `seen`: bitmaps of event ids.
 * - `deliveries`: those that wait (`until` is null) and those in flight (`until`: end of the lease). `lease` is the last
 *   claim, until it is settled; `attempt` counts its claims for the step. Of a lower `round` than its target's, it is due whatever `due`.
 * - `targets`: `next` is when something of it can be claimed, null for not before something changes; `used` is its last
 *   use; `state` is a `TargetRecord` as JSON.
 * - `lines`: the counters of the ledger; `kind` is `matched`, `delivered`, … or `suppressed` with a `reason`.
 * - `gates`: `until` of a `once`, or the count of a window of a `rate`; removed after `forget`.
 * - `dead`: the ids of deliveries that died, with their line. `calls`: the last calls. `rules`: those of the API.
 */
export const reactionsSchema = `
CREATE TABLE IF NOT EXISTS partitions (
  part TEXT PRIMARY KEY, version INTEGER NOT NULL, next TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS seen (
  part TEXT NOT NULL, batch TEXT NOT NULL, bits BLOB NOT NULL, touched INTEGER NOT NULL, UNIQUE (part, batch)
);
CREATE INDEX IF NOT EXISTS seen_touched ON seen (touched);
CREATE TABLE IF NOT EXISTS deliveries (
  id TEXT NOT NULL UNIQUE, rule TEXT NOT NULL, target TEXT NOT NULL, round INTEGER NOT NULL, due INTEGER NOT NULL,
  created INTEGER NOT NULL, expires INTEGER NOT NULL, attempt INTEGER NOT NULL, lease TEXT, until INTEGER,
  content BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (target, round, due) WHERE until IS NULL;
CREATE INDEX IF NOT EXISTS deliveries_by_age ON deliveries (created) WHERE until IS NULL;
CREATE INDEX IF NOT EXISTS deliveries_leased ON deliveries (until) WHERE until IS NOT NULL;
CREATE TABLE IF NOT EXISTS targets (
  name TEXT PRIMARY KEY, next INTEGER, used INTEGER NOT NULL, state TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS targets_by_next ON targets (next) WHERE next IS NOT NULL;
CREATE INDEX IF NOT EXISTS targets_by_use ON targets (used);
CREATE TABLE IF NOT EXISTS lines (
  rule TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (rule, kind, reason)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS gates (
  key TEXT PRIMARY KEY, value INTEGER NOT NULL, forget INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS gates_by_forget ON gates (forget);
CREATE TABLE IF NOT EXISTS dead (id TEXT PRIMARY KEY, rule TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calls (
  place INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, rule TEXT NOT NULL, target TEXT NOT NULL,
  text TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS calls_by_rule ON calls (rule, place);
CREATE INDEX IF NOT EXISTS calls_by_target ON calls (target, place);
CREATE INDEX IF NOT EXISTS calls_by_time ON calls (at);
CREATE TABLE IF NOT EXISTS rules (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS changes (name TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
`

/** What must hold after a repair has lost rows: the ledger is that of the deliveries that are left. */
export const mendReactions = `
DELETE FROM lines WHERE kind IN ('matched', 'waiting', 'in flight', 'dead');
INSERT INTO lines (rule, kind, reason, count)
  SELECT rule, iif(until IS NULL, 'waiting', 'in flight'), '', count(*) FROM deliveries GROUP BY 1, 2;
INSERT INTO lines (rule, kind, reason, count) SELECT rule, 'dead', '', count(*) FROM dead GROUP BY 1;
INSERT INTO lines (rule, kind, reason, count)
  SELECT rule, 'matched', '', sum(count) FROM lines WHERE kind <> 'replayed' GROUP BY 1;
INSERT OR IGNORE INTO targets (name, next, used, state) SELECT DISTINCT target, 0, 0, '{}' FROM deliveries;
UPDATE targets SET next = 0, state = json_set(state,
  '$.waiting', (SELECT count(*) FROM deliveries WHERE target = name AND until IS NULL),
  '$.inFlight', (SELECT count(*) FROM deliveries WHERE target = name AND until IS NOT NULL))
`
