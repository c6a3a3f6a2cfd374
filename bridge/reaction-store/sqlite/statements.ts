/** The statements on the tables of `reactions.sqlite`. */
import type { DatabaseSync } from "../../sqlite/database.ts"

export type Statements = ReturnType<typeof prepareStatements>

export const prepareStatements = (database: DatabaseSync) => ({
  ...ofPartitions(database),
  ...ofDeliveries(database),
  ...ofTargets(database),
  ...ofLines(database),
  ...ofGates(database),
  ...ofDead(database),
  ...ofCalls(database),
  ...ofRules(database)
})

const ofPartitions = (database: DatabaseSync) => ({
  partition: database.prepare("SELECT version, next FROM partitions WHERE part = ?"),
  movePartition: database.prepare(`INSERT INTO partitions (part, version, next) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET version = excluded.version, next = excluded.next`),
  seen: database.prepare("SELECT bits FROM seen WHERE part = ? AND batch = ?"),
  see: database.prepare(`INSERT INTO seen (part, batch, bits, touched) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET bits = excluded.bits, touched = excluded.touched`),
  forgetSeen: database.prepare(
    "DELETE FROM seen WHERE rowid IN (SELECT rowid FROM seen WHERE touched < ? ORDER BY touched LIMIT ?)"
  )
})

const ofDeliveries = (database: DatabaseSync) => ({
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
  firstLease: database.prepare("SELECT min(until) AS time FROM deliveries WHERE until IS NOT NULL")
})

const ofTargets = (database: DatabaseSync) => ({
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
  forgetTarget: database.prepare("DELETE FROM targets WHERE name = ?")
})

const ofLines = (database: DatabaseSync) => ({
  count: database.prepare(`INSERT INTO lines (rule, kind, reason, count) VALUES (?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET count = count + excluded.count`),
  lines: database.prepare("SELECT rule, kind, reason, count FROM lines ORDER BY rule"),
  inPlace: database.prepare(`SELECT
    (SELECT count(*) FROM deliveries WHERE until IS NULL) AS waiting,
    (SELECT count(*) FROM deliveries WHERE until IS NOT NULL) AS flying,
    (SELECT min(created) FROM deliveries WHERE until IS NULL) AS oldest`)
})

const ofGates = (database: DatabaseSync) => ({
  gate: database.prepare("SELECT value FROM gates WHERE key = ? AND forget > ?"),
  setGate: database.prepare(`INSERT INTO gates (key, value, forget) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET value = excluded.value, forget = excluded.forget`),
  forgetGates: database.prepare(
    "DELETE FROM gates WHERE key IN (SELECT key FROM gates WHERE forget <= ? ORDER BY forget LIMIT ?)"
  )
})

const ofDead = (database: DatabaseSync) => ({
  dead: database.prepare("SELECT rule FROM dead WHERE id = ?"),
  die: database.prepare("INSERT INTO dead (id, rule) VALUES (?, ?)"),
  revive: database.prepare("DELETE FROM dead WHERE id = ?")
})

const ofCalls = (database: DatabaseSync) => ({
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
  )
})

const ofRules = (database: DatabaseSync) => ({
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
