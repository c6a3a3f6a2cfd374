/** A recount of sessions from the log, independent of the actor: events of a key by time, split where a silence is longer. */
import { Effect } from "effect"
import type { EventLog } from "../../bridge/event-log/service.ts"
import type { Topic } from "../../contracts/ids.ts"

/** A session as text: its key, number of events, start and end. */
export type SessionText = string

/** The stored events of the topics: key, time of the log, time of the edge; each event once, by its id. */
const eventsIn = Effect.fnUntraced(function* (
  log: EventLog["Service"],
  topics: ReadonlyArray<Topic>,
  param: string
) {
  const events = new Map<string, { key: string; at: number; received: number }>()
  yield* log.scan({ topics, since: 0 }, ({ topic, partition, records }) => {
    for (const { value, headers, timestamp, offset } of records) {
      const params = new URLSearchParams(new TextDecoder().decode(value).split(" ")[2])
      const id = headers.id ?? `${topic} ${partition} ${offset}`
      const key = params.get(param)
      if (key && !events.has(id))
        events.set(id, { key, at: timestamp, received: Number(headers.received ?? timestamp) })
    }
    return false
  })
  return [...events.values()]
})

/** What the sessions must be, once all have ended. */
export const recount = Effect.fnUntraced(function* (
  log: EventLog["Service"],
  topics: ReadonlyArray<Topic>,
  param: string,
  gapMs: number
) {
  const sessions: Array<{ key: string; last: number; start: number; end: number; events: number }> = []
  for (const { key, at, received } of (yield* eventsIn(log, topics, param)).toSorted((a, b) => a.at - b.at)) {
    const open = sessions.findLast((one) => one.key === key)
    if (open === undefined || at - open.last > gapMs)
      sessions.push({ key, last: at, start: received, end: received, events: 1 })
    else
      Object.assign(open, {
        last: at,
        start: Math.min(open.start, received),
        end: Math.max(open.end, received),
        events: open.events + 1
      })
  }
  return sessions.map(({ key, events, start, end }) => `${key} ${events} ${start} ${end}`).toSorted()
})

/** The sessions in the topic, each once, by its id. */
export const sessionsIn = Effect.fnUntraced(function* (
  log: EventLog["Service"],
  topic: Topic,
  param: string
) {
  const sessions = new Map<string, SessionText>()
  let records = 0
  yield* log.scan({ topics: [topic], since: 0 }, (batch) => {
    for (const { value, headers } of batch.records) {
      records += 1
      const params = new URLSearchParams(new TextDecoder().decode(value).split(" ")[2])
      const text = ["events", "start", "end"].map((name) => params.get(name)).join(" ")
      sessions.set(headers.id ?? "without id", `${params.get(param)} ${text}`)
    }
    return false
  })
  return { sessions: [...sessions.values()].toSorted(), records }
})
