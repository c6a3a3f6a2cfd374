/** The records in Kafka, read by an independent client and compared with the events sent. */
import { readTopic } from "../support/kcat.ts"
import { differenceOf, issuedNumber, recordParts, typeOf } from "./expected-record.ts"
import { emittedPrefix } from "./reactions/rules.ts"
import type { World } from "./world.ts"

export interface Stored {
  /** Number of records of each event. */
  readonly copies: ReadonlyMap<number, number>
  readonly records: number
  readonly eventIds: number
  /** Expected counts of the consumers: events by type, each once. */
  readonly types: ReadonlyMap<string, number>
  /** Events stored under several event ids: consumers cannot recognise them as duplicates. */
  readonly twins: ReadonlyArray<number>
  /** Records of events that rules emitted: their event ids and queries. They count in `eventIds` and `types` only. */
  readonly emitted: ReadonlyArray<{ readonly id: string; readonly query: string }>
  /** Records that were never sent, or differ from the event sent, as sentences. */
  readonly invented: ReadonlyArray<string>
  readonly changed: ReadonlyArray<string>
}

export const readStored = async (world: World): Promise<Stored> => {
  const { sent } = world.load
  const copies = new Map<number, number>()
  const ids = new Map<number, string>()
  const types = new Map<string, number>()
  const twins = new Set<number>()
  const emitted: Array<{ readonly id: string; readonly query: string }> = []
  const invented: Array<string> = []
  const changed: Array<string> = []
  let count = 0
  let eventIds = 0
  for (const topic of [world.topic, world.otherTopic]) {
    const seen = new Set<string>()
    const records = [...world.away(topic), ...(await readTopic(world.brokers, topic))]
    for (const { value, headers, partition, offset } of records) {
      const id = headers.id ?? ""
      const parts = recordParts(value)
      const isEmitted = parts !== undefined && typeOf(parts).startsWith(emittedPrefix)
      const n = parts === undefined ? undefined : issuedNumber(parts.query, sent)
      if (!isEmitted) count += 1
      if (parts === undefined || (n === undefined && !isEmitted)) {
        invented.push(`${topic} ${partition}/${offset}: ${value.toString("latin1", 0, 200)}`)
        continue
      }
      if (!seen.has(id)) {
        seen.add(id)
        types.set(typeOf(parts), (types.get(typeOf(parts)) ?? 0) + 1)
      }
      if (isEmitted) emitted.push({ id, query: parts.query })
      if (isEmitted || n === undefined) continue
      copies.set(n, (copies.get(n) ?? 0) + 1)
      const first = ids.get(n)
      if (first === undefined) ids.set(n, id)
      else if (first !== id) twins.add(n)
      const difference = differenceOf(n, parts, sent)
      if (difference !== undefined) changed.push(`event ${n}: ${difference}`)
    }
    eventIds += seen.size
  }
  return { copies, records: count, eventIds, types, twins: [...twins], emitted, invented, changed }
}
