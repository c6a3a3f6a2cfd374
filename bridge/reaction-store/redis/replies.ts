/** What the scripts and commands reply, as the service returns it. Pure. */
import { Buffer } from "node:buffer"
import { decode } from "../../../contracts/messages/msgpack.ts"
import type { DeliveryId, TargetName } from "../../../contracts/reactions/delivery.ts"
import type { Reply } from "../../redis/types.ts"
import type {
  Added,
  CallRecord,
  ClaimedDelivery,
  NewDelivery,
  ReactionLedger,
  RuleTotals,
  StoredRule,
  TargetStatus
} from "../service.ts"
import { newTarget, stateOf, type TargetRecord } from "../target-record.ts"

export const addedFrom = (reply: Reply, deliveries: ReadonlyArray<NewDelivery>): Added => {
  const [places, refused] = listOf(reply).map(listOf)
  const idAt = (place: Reply | undefined): DeliveryId | undefined => deliveries[Number(place) - 1]?.id
  return {
    added: (places ?? []).flatMap((place) => idAt(place) ?? []),
    suppressed: pairsOf(refused ?? []).flatMap(([place, reason]) => {
      const id = idAt(place)
      return id === undefined ? [] : [{ id, reason: textOf(reason) }]
    })
  }
}

export const claimedFrom = (reply: Reply): ReadonlyArray<ClaimedDelivery> => {
  const fields = listOf(reply)
  return Array.from({ length: fields.length / 8 }, (_, place) => {
    const [id, rule, target, lease, attempt, created, expires, content] = fields.slice(
      place * 8,
      place * 8 + 8
    )
    return {
      ...{ id: textOf(id) as DeliveryId, rule: textOf(rule), target: textOf(target) as TargetName },
      ...{ lease: textOf(lease), attempt: Number(attempt) },
      ...{ created: Number(textOf(created)), expires: Number(textOf(expires)), content: bytesOf(content) }
    }
  })
}

export const ledgerFrom = (reply: Reply): ReactionLedger => {
  const [lines, waiting, inFlight, second] = listOf(reply)
  const rules = new Map<string, Map<string, number>>()
  const suppressed = new Map<string, Record<string, number>>()
  for (const [name, count] of pairsOf(listOf(lines))) {
    const [, kind = "", reason = "", rule = ""] = /^(.*?)\|(.*?)\|(.*)$/s.exec(textOf(name)) ?? []
    const line = rules.get(rule) ?? new Map<string, number>()
    rules.set(rule, line.set(kind, Number(textOf(count))))
    if (kind === "suppressed")
      suppressed.set(rule, { ...suppressed.get(rule), [reason]: Number(textOf(count)) })
  }
  return {
    rules: [...rules]
      .map(([rule, line]): RuleTotals => {
        const of = (kind: string): number => line.get(kind) ?? 0
        return {
          ...{ rule, matched: of("matched"), delivered: of("delivered"), dead: of("dead") },
          ...{ discarded: of("discarded"), replayed: of("replayed"), suppressed: suppressed.get(rule) ?? {} },
          ...{ waiting: of("waiting"), inFlight: of("in flight") }
        }
      })
      .toSorted((one, other) => (one.rule < other.rule ? -1 : 1)),
    waiting: Number(waiting),
    inFlight: Number(inFlight),
    oldestWaiting: second instanceof Uint8Array ? Number(second.toString()) * 1000 : undefined
  }
}

export const targetsFrom = (reply: Reply): ReadonlyArray<TargetStatus> => {
  const [time, found] = listOf(reply)
  const [seconds, microseconds] = listOf(time).map((part) => Number(textOf(part)))
  const now = (seconds ?? 0) * 1000 + Math.floor((microseconds ?? 0) / 1000)
  return pairsOf(listOf(found)).map(([name, state]) => {
    const record: TargetRecord = { ...newTarget(), ...(decode(bytesOf(state)) as TargetRecord) }
    const { waiting, inFlight, failures, worked, failed, lastCall, disabledFor } = record
    return {
      ...{ target: textOf(name) as TargetName, ...stateOf(record, now), waiting, inFlight },
      ...{ failures, worked, failed, lastCall: lastCall === 0 ? undefined : lastCall, disabledFor }
    }
  })
}

export const callsFrom = (reply: Reply): ReadonlyArray<CallRecord> =>
  listOf(reply).map((call) => {
    const [at, rule, target, text] = decode(bytesOf(call)) as [number, string, TargetName, string]
    return { at, rule, target, text }
  })

export const versionFrom = (reply: Reply | undefined): number =>
  reply instanceof Uint8Array ? Number(reply.toString()) : 0

export const rulesFrom = (reply: Reply) => {
  const [version, rules] = listOf(reply)
  return {
    version: versionFrom(version),
    rules: pairsOf(listOf(rules))
      .map(([name, text]): StoredRule => ({ name: textOf(name), text: textOf(text) }))
      .toSorted((one, other) => (one.name < other.name ? -1 : 1))
  }
}

export const listOf = (reply: Reply | undefined): ReadonlyArray<Reply> => (Array.isArray(reply) ? reply : [])

export const bytesOf = (reply: Reply | undefined): Buffer =>
  reply instanceof Uint8Array ? (reply as Buffer) : Buffer.alloc(0)

/** The text of bytes; undefined for anything else. */
export const textIn = (reply: Reply | undefined): string | undefined =>
  reply instanceof Uint8Array ? reply.toString() : undefined

const textOf = (reply: Reply | undefined): string => bytesOf(reply).toString()

const pairsOf = (list: ReadonlyArray<Reply>): ReadonlyArray<readonly [Reply, Reply | undefined]> =>
  list.flatMap((one, place) => (place % 2 === 0 ? [[one, list[place + 1]] as const] : []))
