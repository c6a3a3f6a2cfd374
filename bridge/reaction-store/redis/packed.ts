/** What the scripts get: keys, and arguments as MessagePack followed by the bytes that they refer to, in order. Pure. */
import { Failure } from "../../../contracts/failure.ts"
import { pack } from "../../../contracts/messages/msgpack.ts"
import { type LoadedFences, marksOf } from "../../keyed-store/fences.ts"
import { gateKey, gateMemoryMs, refusalOf } from "../gate-keys.ts"
import type { Gate, NewDelivery, ReactionChanges, Settlement, Suppression, TargetLimits } from "../service.ts"
import { callsOfRule, callsOfTarget, gateKeyOf, seenKey } from "./keys.ts"

export interface Packed {
  readonly keys: ReadonlyArray<string>
  readonly fields: Uint8Array
  readonly bytes: ReadonlyArray<Uint8Array>
}

/** Places of keys, from 1, each key once. */
const makePlaces = () => {
  const places = new Map<string, number>()
  return {
    of: (key: string): number => {
      const place = places.get(key) ?? places.size + 1
      places.set(key, place)
      return place
    },
    keys: (): ReadonlyArray<string> => [...places.keys()]
  }
}

type Places = ReturnType<typeof makePlaces>

/** The deliveries as `add-script.ts` reads them. */
export const packDeliveries = (deliveries: ReadonlyArray<NewDelivery>): Packed => {
  const gates = makePlaces()
  const fields = pack(deliveries.map((one) => fieldsOf(one, gates)))
  return { keys: gates.keys(), fields, bytes: deliveries.map(({ content }) => content) }
}

export const packDelivery = (delivery: NewDelivery): Uint8Array => pack(fieldsOf(delivery, makePlaces()))

/** The changes of a commit: the buckets, then the gates, are its keys. */
export const packChanges = (
  part: string,
  fences: LoadedFences,
  { handled, deliveries, suppressed }: ReactionChanges
): Packed => {
  const [buckets, gates] = [makePlaces(), makePlaces()]
  const marks = marksOf(fences, handled)
  const marked = marks.flatMap(({ bucket, field }) => [buckets.of(seenKey(part, bucket)), field])
  const added = deliveries.map((one) => fieldsOf(one, gates))
  const known = suppressedOf(suppressed)
  return {
    keys: [...buckets.keys(), ...gates.keys()],
    fields: pack([buckets.keys().length, marked, added, known]),
    bytes: [...marks.map(({ bits }) => bits), ...deliveries.map(({ content }) => content)]
  }
}

/** The bitmaps to read: pairs of the bucket's place and the field. */
export const packGroups = (part: string, groups: LoadedFences["plan"]["groups"]): Packed => {
  const buckets = makePlaces()
  const fields = groups.flatMap(({ bucket, field }) => [buckets.of(seenKey(part, bucket)), field])
  return { keys: buckets.keys(), fields: pack(fields), bytes: [] }
}

/** The settlements as `settle-script.ts` reads them: the lists of calls, then the gates, are its keys. */
export const packSettlements = (
  settlements: ReadonlyArray<Settlement>
): Packed & { readonly lists: number } => {
  const [lists, gates] = [makePlaces(), makePlaces()]
  const bytes: Array<Uint8Array> = []
  const fields = settlements.map((settlement) => {
    const { id, lease, outcome, health, holdUntil, disables, call, spawn = [], suppressed = [] } = settlement
    const next = outcome.kind === "next" ? outcome : undefined
    if (next !== undefined) bytes.push(next.content)
    if (call !== undefined) bytes.push(pack([call.at, call.rule, call.target, call.text]))
    bytes.push(...spawn.map(({ content }) => content))
    return [
      ...[id, lease, outcome.kind, "at" in outcome ? outcome.at : 0, health],
      ...[holdUntil ?? 0, disables ?? false, next === undefined ? false : nameOf(next.target)],
      ...limitsOf(next?.limits),
      call === undefined ? [] : [lists.of(callsOfRule(call.rule)), lists.of(callsOfTarget(call.target))],
      spawn.map((one) => fieldsOf(one, gates)),
      suppressedOf(suppressed)
    ]
  })
  const keys = [...lists.keys(), ...gates.keys()]
  return { keys, fields: pack(fields), bytes, lists: lists.keys().length }
}

/** Rule, reason and count of each. */
const suppressedOf = (suppressed: ReadonlyArray<Suppression>) =>
  suppressed.flatMap(({ rule, reason, count }) => [rule, reasonOf(reason), count])

const fieldsOf = ({ id, rule, target, due, expires, limits, gates }: NewDelivery, places: Places) => [
  ...[id, nameOf(rule), nameOf(target), due, digits(expires), ...limitsOf(limits)],
  gates.map((gate) => gateOf(gate, places))
]

const gateOf = (gate: Gate, places: Places) => {
  const [from, until] = gate.kind === "once" ? [gate.at, whole(gate.until)] : [gate.max, 0]
  const memory = gateMemoryMs(gate)
  const place = places.of(gateKeyOf(gateKey(gate)))
  return [place, gate.kind, from, until, Number.isFinite(memory) ? memory : 0, refusalOf(gate)]
}

const limitsOf = (limits: TargetLimits | undefined) => [
  limits?.concurrency ?? false,
  limits?.perSecond ?? false
]

/** Lines separate the fields of a delivery. Throws `Failure` "unreadable" for a name with a line break. */
const nameOf = (name: string): string => {
  if (!name.includes("\n")) return name
  const message = `The name ${JSON.stringify(name)} of a rule or target has a line break: remove it.`
  throw new Failure({ reason: "unreadable", message })
}

/** A bar separates the reason from the rule. */
const reasonOf = (reason: string): string => reason.replaceAll("|", "/")

const whole = (time: number): number => Math.min(Number.MAX_SAFE_INTEGER, Math.floor(time))

/** A time as digits, never in exponential form. */
const digits = (time: number): string => String(Math.max(0, whole(time)))
