/**
 * Many live clients of a viewer at a fixed rate of events: processor time of the processes, and latencies from the gateway to
 * the log and from the log to a client. Linux only.
 */
import { setTimeout as wait } from "node:timers/promises"
import type { Filter, LiveMessage } from "../../actors/inspect/events/messages.ts"
import { ticketOf } from "../actors/viewer/watching.ts"
import { eventually } from "../support/eventually.ts"
import type { Spoor } from "../support/spoor.ts"
import { processorTime } from "./processor.ts"

/** A number of live clients and the filter of each. */
export interface ViewerLoad {
  readonly name: string
  readonly clients: number
  readonly filter: (client: number) => Filter
}

export const everything = (clients: number): ViewerLoad => ({
  name: String(clients),
  clients,
  filter: () => ({})
})

/** How events are sent, the processes whose processor time is measured, and the viewer's origin. */
export interface Watched {
  readonly send: (count: number) => Promise<unknown>
  readonly processes: ReadonlyArray<readonly [name: string, spoor: Spoor]>
  readonly viewer: string
}

export interface WatchedRound {
  /** Events sent per second. */
  readonly rate: number
  /** Processor time per event of each process, microseconds. */
  readonly processor: ReadonlyArray<number>
  /** Latencies from the gateway to the log, and from the log to the client, milliseconds; empty without clients. */
  readonly stored: ReadonlyArray<number>
  readonly shown: ReadonlyArray<number>
  /** Events per second sent to one client, its largest sampling factor, and bytes per second sent to all clients. */
  readonly received: number
  readonly sample: number
  readonly bytes: number
}

let sent = 0
/** The number of the next event. */
export const nextNumber = (): number => sent++

/** A line received at the current time. */
export const lineOf = (): string => {
  const n = nextNumber()
  return `203.0.113.${n % 250} ${Date.now()} trk.example.com nopod /t/app_open deviceid=abcdef${n}&referrer=website&item=red%20shoe&n=${n} Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.${n % 20} Mobile Safari/537.36`
}

/** Sends events at a constant rate for `time` milliseconds; returns their number. */
const load = async (setup: Watched, perSecond: number, time: number): Promise<number> => {
  const startedAt = performance.now()
  let done = 0
  while (performance.now() - startedAt < time) {
    const due = Math.floor(((performance.now() - startedAt) / 1_000) * perSecond) - done
    const count = Math.min(due, 500)
    if (count > 0) await setup.send(count)
    done += Math.max(0, count)
    if (due > count) continue
    await wait(20)
  }
  return done
}

/** The duration of the measurement, and of the warm-up before it, seconds. */
export interface Time {
  readonly seconds: number
  readonly before: number
}

/** Opens the clients, sends `perSecond` events per second, and returns the measurements. Fails when a client was closed. */
export const measureViewerLoad = async (
  setup: Watched,
  viewers: ViewerLoad,
  perSecond: number,
  time: Time
): Promise<WatchedRound> => {
  const sockets: Array<WebSocket> = []
  let bytes = 0
  let first: Array<{ readonly at: number; readonly message: LiveMessage }> = []
  for (let client = 0; client < viewers.clients; client++) {
    const ticket = await ticketOf(setup.viewer)
    const socket = new WebSocket(`${setup.viewer.replace("http", "ws")}/live?ticket=${ticket}`)
    sockets.push(socket)
    socket.onopen = () => socket.send(JSON.stringify({ watch: viewers.filter(client) }))
    socket.onmessage = ({ data }) => {
      bytes += data.length
      if (client === 0) first.push({ at: Date.now(), message: JSON.parse(data) })
    }
  }
  await eventually("all clients are connected", () =>
    sockets.every(({ readyState }) => readyState === WebSocket.OPEN)
  )
  await load(setup, perSecond, time.before * 1_000)
  first = []
  bytes = 0
  const before = setup.processes.map(([, spoor]) => processorTime(spoor))
  const startedAt = performance.now()
  const events = await load(setup, perSecond, time.seconds * 1_000)
  const seconds = (performance.now() - startedAt) / 1_000
  const processor = setup.processes.map(([, spoor], i) => (processorTime(spoor) - (before[i] ?? 0)) / events)
  if (sockets.some(({ readyState }) => readyState !== WebSocket.OPEN)) throw new Error("A client was closed.")
  for (const socket of sockets) socket.close()
  const seen = first.flatMap(({ at, message }) => message.events.map((event) => ({ at, event })))
  return {
    rate: events / seconds,
    processor,
    stored: seen.map(({ event }) => event.timestamp - (event.times.received ?? Number.NaN)),
    shown: seen.map(({ at, event }) => at - event.timestamp),
    received: seen.length / seconds,
    sample: Math.max(...first.map(({ message }) => message.sample), 1),
    bytes: bytes / seconds
  }
}
