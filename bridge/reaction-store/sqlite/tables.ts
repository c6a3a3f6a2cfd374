/** The tables of `reactions.sqlite`. Times are milliseconds since 1970. */
import type { DatabaseSync } from "../../sqlite/database.ts"

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

/** What must hold after a repair has lost rows: the counters of what waits are those of the deliveries that are left. */
export const mendReactions = `
DELETE FROM lines WHERE kind IN ('waiting', 'in flight');
INSERT INTO lines (rule, kind, reason, count)
  SELECT rule, iif(until IS NULL, 'waiting', 'in flight'), '', count(*) FROM deliveries GROUP BY 1, 2;
INSERT OR IGNORE INTO targets (name, next, used, state) SELECT DISTINCT target, 0, 0, '{}' FROM deliveries;
UPDATE targets SET next = 0, state = json_set(state,
  '$.waiting', (SELECT count(*) FROM deliveries WHERE target = name AND until IS NULL),
  '$.inFlight', (SELECT count(*) FROM deliveries WHERE target = name AND until IS NOT NULL))
`

export type Statements = ReturnType<typeof prepareStatements>

export const prepareStatements = (database: DatabaseSync) => ({
  partition: database.prepare("SELECT version, next FROM partitions WHERE part = ?"),
  movePartition: database.prepare(`INSERT INTO partitions (part, version, next) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET version = excluded.version, next = excluded.next`),
  seen: database.prepare("SELECT bits FROM seen WHERE part = ? AND batch = ?"),
  see: database.prepare(`INSERT INTO seen (part, batch, bits, touched) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET bits = excluded.bits, touched = excluded.touched`),
  forgetSeen: database.prepare(
    "DELETE FROM seen WHERE rowid IN (SELECT rowid FROM seen WHERE touched < ? ORDER BY touched LIMIT ?)"
  ),

  isKnown: database.prepare(
    "SELECT 1 AS known FROM deliveries WHERE id = ?1 UNION ALL SELECT 1 FROM dead WHERE id = ?1 LIMIT 1"
  ),
  add: database.prepare(`INSERT INTO deliveries (id, rule, target, round, due, created, expires, attempt, content)
    VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)`),
  delivery: database.prepare(
    "SELECT rowid, rule, target, attempt, lease, until FROM deliveries WHERE id = ?"
  ),
  first: database.prepare(`SELECT round, due FROM deliveries WHERE target = ? AND until IS NULL
    ORDER BY round, due LIMIT 1`),
  due: database.prepare(`SELECT rowid, id, rule, attempt, created, expires, content FROM deliveries
    WHERE target = ? AND until IS NULL AND (round, due) <= (?, ?) ORDER BY round, due LIMIT ?`),
  claim: database.prepare("UPDATE deliveries SET attempt = ?, lease = ?, until = ? WHERE rowid = ?"),
  renew: database.prepare("UPDATE deliveries SET until = ? WHERE id = ? AND lease = ? AND until IS NOT NULL"),
  expired: database.prepare(
    "SELECT rowid, rule, target FROM deliveries WHERE until <= ? ORDER BY until LIMIT ?"
  ),
  wait: database.prepare(
    "UPDATE deliveries SET until = NULL, lease = NULL, round = ?, due = ?, attempt = ? WHERE rowid = ?"
  ),
  expire: database.prepare("UPDATE deliveries SET until = NULL, round = ?, due = ? WHERE rowid = ?"),
  goOn: database.prepare(`UPDATE deliveries SET until = NULL, lease = NULL, attempt = 0, target = ?, round = ?, due = ?,
    content = ? WHERE rowid = ?`),
  remove: database.prepare("DELETE FROM deliveries WHERE rowid = ?"),
  firstLease: database.prepare("SELECT min(until) AS time FROM deliveries WHERE until IS NOT NULL"),

  target: database.prepare("SELECT state, used FROM targets WHERE name = ?"),
  setTarget: database.prepare(`INSERT INTO targets (name, next, used, state) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET next = excluded.next, used = excluded.used, state = excluded.state`),
  claimable: database.prepare(
    "SELECT name FROM targets WHERE next IS NOT NULL AND next <= ? ORDER BY next, name LIMIT ?"
  ),
  nextClaimable: database.prepare(
    "SELECT name, next FROM targets WHERE next IS NOT NULL ORDER BY next LIMIT ?"
  ),
  targets: database.prepare("SELECT name, state FROM targets ORDER BY used DESC, name LIMIT ?"),
  unused: database.prepare("SELECT name, state FROM targets WHERE used < ? ORDER BY used LIMIT ?"),
  reuse: database.prepare("UPDATE targets SET used = ? WHERE name = ?"),
  forgetTarget: database.prepare("DELETE FROM targets WHERE name = ?"),

  count: database.prepare(`INSERT INTO lines (rule, kind, reason, count) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET count = count + excluded.count`),
  lines: database.prepare("SELECT rule, kind, reason, count FROM lines ORDER BY rule"),
  inPlace: database.prepare(`SELECT
    (SELECT count(*) FROM deliveries WHERE until IS NULL) AS waiting,
    (SELECT count(*) FROM deliveries WHERE until IS NOT NULL) AS flying,
    (SELECT min(created) FROM deliveries WHERE until IS NULL) AS oldest`),

  gate: database.prepare("SELECT value FROM gates WHERE key = ? AND forget > ?"),
  setGate: database.prepare(`INSERT INTO gates (key, value, forget) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET value = excluded.value, forget = excluded.forget`),
  forgetGates: database.prepare(
    "DELETE FROM gates WHERE key IN (SELECT key FROM gates WHERE forget <= ? ORDER BY forget LIMIT ?)"
  ),

  dead: database.prepare("SELECT rule FROM dead WHERE id = ?"),
  die: database.prepare("INSERT INTO dead (id, rule) VALUES (?, ?)"),
  revive: database.prepare("DELETE FROM dead WHERE id = ?"),

  addCall: database.prepare("INSERT INTO calls (at, rule, target, text) VALUES (?, ?, ?, ?)"),
  calls: database.prepare("SELECT at, rule, target, text FROM calls ORDER BY place DESC LIMIT ?"),
  callsOfRule: database.prepare(
    "SELECT at, rule, target, text FROM calls WHERE rule = ? ORDER BY place DESC LIMIT ?"
  ),
  callsOfTarget: database.prepare(
    "SELECT at, rule, target, text FROM calls WHERE target = ? ORDER BY place DESC LIMIT ?"
  ),
  // The call behind the last ones of a rule, of a target, and of all.
  behindRule: database.prepare("SELECT place FROM calls WHERE rule = ? ORDER BY place DESC LIMIT 1 OFFSET ?"),
  behindTarget: database.prepare(
    "SELECT place FROM calls WHERE target = ? ORDER BY place DESC LIMIT 1 OFFSET ?"
  ),
  behindAll: database.prepare("SELECT place FROM calls ORDER BY place DESC LIMIT 1 OFFSET ?"),
  callAt: database.prepare("SELECT rule, target FROM calls WHERE place = ?"),
  removeCall: database.prepare("DELETE FROM calls WHERE place = ?"),
  forgetCalls: database.prepare(
    "DELETE FROM calls WHERE place IN (SELECT place FROM calls WHERE at < ? ORDER BY at LIMIT ?)"
  ),

  rules: database.prepare("SELECT name, text FROM rules ORDER BY name"),
  rule: database.prepare("SELECT 1 AS known FROM rules WHERE name = ?"),
  putRule: database.prepare(
    "INSERT INTO rules (name, text) VALUES (?, ?) ON CONFLICT DO UPDATE SET text = excluded.text"
  ),
  removeRule: database.prepare("DELETE FROM rules WHERE name = ?"),
  version: database.prepare("SELECT version FROM changes WHERE name = 'rules'"),
  changeRules: database.prepare(`INSERT INTO changes (name, version) VALUES ('rules', 1)
    ON CONFLICT DO UPDATE SET version = version + 1`)
})
