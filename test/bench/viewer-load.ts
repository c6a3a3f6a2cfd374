/**
 * Many who watch live, over sockets, while so many events a second come: what that costs the processes, how long events
 * take to the log and from there to a client. On Linux.
 */
import { setTimeout as wait } from "node:timers/promises"
import type { Filter, LiveMessage } from "../../actors/inspect/events/messages.ts"
import { ticketOf } from "../actors/viewer/watching.ts"
import { eventually } from "../support/eventually.ts"
import type { Spoor } from "../support/spoor.ts"
import { processorTime } from "./processor.ts"

/** So many clients, and what each of them watches. */
export interface Crowd {
  readonly name: string
  readonly clients: number
  readonly filter: (client: number) => Filter
}

export const everything = (clients: number): Crowd => ({ name: String(clients), clients, filter: () => ({}) })

/** Where events go in, and the processes whose time counts. */
export interface Watched {
  readonly send: (count: number) => Promise<unknown>
  readonly processes: ReadonlyArray<readonly [name: string, spoor: Spoor]>
  readonly viewer: string
}

export interface WatchedRound {
  /** Events a second that were sent. */
  readonly rate: number
  /** Of each process, microseconds for each event. */
  readonly processor: ReadonlyArray<number>
  /** Milliseconds from the edge to the log, and from the log to the client; empty without clients. */
  readonly stored: ReadonlyArray<number>
  readonly shown: ReadonlyArray<number>
  /** Events told to one client in a second, the largest sample it was told, and bytes to all in a second. */
  readonly told: number
  readonly sample: number
  readonly bytes: number
}

let sent = 0
/** A number for the next event. */
export const nextNumber = (): number => sent++

/** A line that is received now. */
export const lineOf = (): string => {
  const n = nextNumber()
  return `203.0.113.${n % 250} ${Date.now()} trk.example.com nopod /t/app_open deviceid=abcdef${n}&referrer=website&item=red%20shoe&n=${n} Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.${n % 20} Mobile Safari/537.36`
}

/** Sends at an even pace for so long, milliseconds; returns how many. */
const load = async (setup: Watched, perSecond: number, time: number): Promise<number> => {
  const begun = performance.now()
  let done = 0
  while (performance.now() - begun < time) {
    const due = Math.floor(((performance.now() - begun) / 1_000) * perSecond) - done
    const count = Math.min(due, 500)
    if (count > 0) await setup.send(count)
    done += Math.max(0, count)
    if (due > count) continue
    await wait(20)
  }
  return done
}

/** How long is measured, and how long before that events come already, seconds. */
export interface Time {
  readonly seconds: number
  readonly before: number
}

/** Opens the clients and sends so many events a second; what came of it. Fails when a client was closed. */
export const measureCrowd = async (
  setup: Watched,
  crowd: Crowd,
  perSecond: number,
  time: Time
): Promise<WatchedRound> => {
  const sockets: Array<WebSocket> = []
  let bytes = 0
  let first: Array<{ readonly at: number; readonly message: LiveMessage }> = []
  for (let client = 0; client < crowd.clients; client++) {
    const ticket = await ticketOf(setup.viewer)
    const socket = new WebSocket(`${setup.viewer.replace("http", "ws")}/live?ticket=${ticket}`)
    sockets.push(socket)
    socket.onopen = () => socket.send(JSON.stringify({ watch: crowd.filter(client) }))
    socket.onmessage = ({ data }) => {
      bytes += data.length
      if (client === 0) first.push({ at: Date.now(), message: JSON.parse(data) })
    }
  }
  await eventually("all are open", () => sockets.every(({ readyState }) => readyState === WebSocket.OPEN))
  await load(setup, perSecond, time.before * 1_000)
  first = []
  bytes = 0
  const before = setup.processes.map(([, spoor]) => processorTime(spoor))
  const begun = performance.now()
  const events = await load(setup, perSecond, time.seconds * 1_000)
  const took = (performance.now() - begun) / 1_000
  const processor = setup.processes.map(([, spoor], i) => (processorTime(spoor) - (before[i] ?? 0)) / events)
  if (sockets.some(({ readyState }) => readyState !== WebSocket.OPEN)) throw new Error("A client was closed.")
  for (const socket of sockets) socket.close()
  const seen = first.flatMap(({ at, message }) => message.events.map((event) => ({ at, event })))
  return {
    rate: events / took,
    processor,
    stored: seen.map(({ event }) => event.timestamp - (event.times.received ?? Number.NaN)),
    shown: seen.map(({ at, event }) => at - event.timestamp),
    told: seen.length / took,
    sample: Math.max(...first.map(({ message }) => message.sample), 1),
    bytes: bytes / took
  }
}
