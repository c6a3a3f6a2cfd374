/**
 * What the cases of keyed actors share: the requirements of the actor sessions, and the check that its sessions equal a
 * recount from the log, which an independent client reads.
 */
import { type ForeignRecord, readTopic } from "../support/kcat.ts"
import { eventually, type Proof } from "./case.ts"
import { type Requirements, standardActors } from "./requirements.ts"
import type { World } from "./world.ts"

const gapMs = 500

/** Actors and settings with `count` processes of sessions. */
export const withSessions = (count: number): Requirements => ({
  actors: { ...standardActors, sessions: count },
  settings: {
    SESSION_PARAM: "visit",
    SESSION_GAP: `${gapMs}ms`,
    SESSION_TOPIC: "{topic}-sessions",
    REKEY_PREFIX: "{topic}-by-",
    TIMER_DELAY: "2s"
  }
})

const paramsOf = ({ value }: ForeignRecord): URLSearchParams =>
  new URLSearchParams(value.toString("latin1").split(" ")[2])

/** Each record once, by its id. */
const unique = (records: ReadonlyArray<ForeignRecord>): ReadonlyArray<ForeignRecord> => [
  ...new Map(records.toReversed().map((record) => [record.headers.id, record])).values()
]

/** The sessions that the log contains, as visitor, number of events, and times at the edge. */
const recounted = (records: ReadonlyArray<ForeignRecord>): ReadonlyArray<string> => {
  const sessions: Array<{ visit: string; last: number; start: number; end: number; events: number }> = []
  for (const record of unique(records).toSorted((a, b) => a.timestamp - b.timestamp)) {
    const visit = paramsOf(record).get("visit")
    if (visit === null) continue
    const { timestamp } = record
    const received = Number(record.headers.received)
    const open = sessions.findLast((one) => one.visit === visit)
    if (open === undefined || timestamp - open.last > gapMs)
      sessions.push({ visit, last: timestamp, start: received, end: received, events: 1 })
    else {
      Object.assign(open, { last: timestamp, events: open.events + 1 })
      Object.assign(open, { start: Math.min(open.start, received), end: Math.max(open.end, received) })
    }
  }
  return sessions.map(({ visit, events, start, end }) => `${visit} ${events} ${start} ${end}`).toSorted()
}

/** Waits until all sessions have ended, and fails when they are not those of the log. */
export const sessionsProof = async (world: World): Promise<Proof> => {
  const read = (topic: string) => readTopic(world.brokers, topic)
  const expected = recounted([...(await read(world.topic)), ...(await read(world.otherTopic))])
  let found: ReadonlyArray<string> = []
  let records = 0
  const isEqual = async (): Promise<boolean> => {
    const all = await read(`${world.topic}-sessions`)
    records = all.length
    found = unique(all)
      .map(paramsOf)
      .map((params) => ["visit", "events", "start", "end"].map((name) => params.get(name)).join(" "))
      .toSorted()
    return found.length === expected.length && found.every((one, i) => one === expected[i])
  }
  await eventually("the sessions equal a recount from the log", isEqual, 60_000, 500).catch((error) => {
    const missing = expected.filter((one) => !found.includes(one))
    const wrong = found.filter((one) => !expected.includes(one))
    const some = (all: ReadonlyArray<string>) => `${all.length} (${all.slice(0, 3).join("; ")})`
    throw new Error(`${String(error)}: ${some(missing)} are missing, ${some(wrong)} are wrong`)
  })
  return `${found.length} sessions equal a recount from the log (${records - found.length} records were appended twice, under the same id)`
}
