/**
 * The keys of the reactions on Redis, all in one slot, and their contents. Times are milliseconds since 1970. `NL` is a line
 * break. After `{spoor:reactions}`:
 *
 * - `:waiting` sorted set (all scores 0, so in the order of bytes) of the deliveries that wait: target, NL, round (6 digits),
 *   NL, due time (15 digits), NL, id. One of a lower round than its target's is due whatever its due time.
 * - `:claimable` sorted set: target → when something of it can be claimed. Targets from which nothing can be claimed
 *   before something changes are not in it.
 * - `:targets` hash: target → its state as MessagePack, the map of `target-script.ts`. `:used` sorted set: target → last use.
 * - `:deliveries` hash: id → created, NL, expires, NL, rule (line of the ledger), NL, target, NL, content.
 * - `:tries` hash: id → attempt, NL, round and due time as in `:waiting` (empty in flight), NL, last claim until it is settled.
 *   Only of deliveries that were claimed.
 * - `:leases` sorted set: id → end of its lease, of the deliveries in flight.
 * - `:lines` hash: the counters of the ledger: kind, `|`, reason of a suppression (else empty), `|`, rule → count.
 * - `:ages` hash: second → how many of the waiting deliveries were made in it. `:seconds` sorted set of those seconds.
 * - `:dead` hash: id → rule, of the deliveries that died and were neither replayed nor discarded.
 * - `:partitions` hash: `<topic>-<partition>` and ` version` or ` next` → version, and next offset.
 * - `:seen:<topic>-<partition>:<bucket>` hash of bitmaps of event ids, which expires one horizon after its last change.
 * - `:gate:<digest of its key>` until when a `once` lasts, or the count of a window of a `rate`; expires when it has ended.
 * - `:calls`, `:calls:rule:<rule>`, `:calls:target:<target>` lists of the last calls, the latest first, as MessagePack; expire
 *   a day after the last call.
 * - `:rules` hash: name → rule of the API as JSON. `:versions` hash: `rules` → the number of their last change.
 * - `:writer:…` the epochs of the processes that write.
 */
import type { TargetName } from "../../../contracts/reactions/delivery.ts"
import type { ReactionPartition } from "../service.ts"

export const prefix = "{spoor:reactions}"

const named = (name: string): string => `${prefix}:${name}`

/** The keys that every script on deliveries gets first, in the order of `step-script.ts`. */
export const deliveryKeys: ReadonlyArray<string> = [
  ...["waiting", "claimable", "targets", "used", "deliveries", "tries", "leases", "lines"],
  ...["ages", "seconds", "dead"]
].map(named)

export const claimableKey = named("claimable")
export const targetsKey = named("targets")
export const usedKey = named("used")
export const leasesKey = named("leases")
export const partitionsKey = named("partitions")
export const rulesKey = named("rules")
export const versionsKey = named("versions")
export const callsKey = named("calls")

export const partOf = ({ topic, partition }: ReactionPartition): string => `${topic}-${partition}`
export const seenKey = (part: string, bucket: string): string => named(`seen:${part}:${bucket}`)
export const gateKeyOf = (digest: string): string => named(`gate:${digest}`)
export const callsOfRule = (rule: string): string => named(`calls:rule:${rule}`)
export const callsOfTarget = (target: TargetName): string => named(`calls:target:${target}`)
