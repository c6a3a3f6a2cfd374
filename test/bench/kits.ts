/**
 * What an event costs in an enricher and in an enrichment step, in each language: processor time of the responder's process
 * and events a second, over NATS, in batches of 1,000 events. This process is the requester, and the bridge that stores
 * nothing; each responder has a NATS of its own, and they take turns.
 */
import { Effect, Exit, Redacted, Scope } from "effect"
import { enrichEvents } from "../../actors/transform/enrich-events.ts"
import { readLines } from "../../actors/transform/read-lines.ts"
import { makeNats } from "../../bridge/message-bus/nats/bus.ts"
import type { MessageBus } from "../../bridge/message-bus/service.ts"
import { type EnrichedBatch, mergeReceipts, type RawBatch } from "../../contracts/batch.ts"
import type { ByteString } from "../../contracts/event.ts"
import { emptyDigest, newBatchId, type Topic } from "../../contracts/ids.ts"
import { encode } from "../../contracts/messages/msgpack.ts"
import { stepSubject, writeStepRequest } from "../../contracts/messages/step.ts"
import { Enrich, Store } from "../../contracts/requests.ts"
import { eventually } from "../support/eventually.ts"
import { privateNats } from "../support/nats.ts"
import { launchCommand, ownSettings } from "../support/spoor.ts"
import type { Bench, Options } from "./bench.ts"
import { type Responder, responders } from "./kit-responders.ts"
import { lineMaker } from "./lines.ts"
import { processorTime } from "./processor.ts"
import { spread } from "./result.ts"
import { spreadOf, takeTurns } from "./rounds.ts"

const batchSize = 1_000
/** Requests in flight, so that the responder never waits for this process. */
const inFlight = 4
const topic = "events" as Topic
const topics = { standard: topic, allowed: new Set<string>(), all: [topic] }

/** Different batches, used again and again, with a thousand user agents and ten thousand addresses. */
const rawBatches = (count: number): ReadonlyArray<RawBatch> => {
  const line = lineMaker()
  return Array.from({ length: count }, (_, b) => {
    const lines = Array.from({ length: batchSize }, (_, i) => line(b * batchSize + i) as ByteString)
    return {
      id: newBatchId(),
      digest: emptyDigest,
      claimed: Date.now(),
      events: readLines(lines, topics).events
    }
  })
}

const enrichedBatches = (batches: ReadonlyArray<RawBatch>): ReadonlyArray<EnrichedBatch> => {
  const enrich = enrichEvents({ locate: () => ({ country: "XX", city: "XX" }), keyParam: undefined })
  return batches.map(({ id, digest, claimed, events }) => ({
    ...{ id, digest, claimed, enriched: claimed },
    events: enrich(events, claimed).enriched
  }))
}

/** Confirms everything, and stores nothing. */
const serveStore = (bus: MessageBus["Service"]) =>
  bus.serve(Store.subject, Store.queue, ({ payload }) =>
    Effect.sync(() => {
      const { id, digest, events } = Store.read(payload)
      const placement = { topic, partition: 0, offset: "0", count: events.length, at: Date.now() }
      const placements = events.length === 0 ? [] : [placement]
      const own = { id, digest, stored: events.length, placements, rejected: [] }
      return { payload: encode({ v: 2, receipt: mergeReceipts(own, [own]) }), format: 2 }
    })
  )

interface Figures {
  /** Processor time of an event in the responder's process, µs. */
  readonly cost: number
  readonly perSecond: number
}

interface Side {
  readonly measure: (seconds: number) => Promise<Figures>
  readonly end: () => Promise<void>
}

/** Starts the responder with a NATS of its own, and a first request has been answered when this returns. */
const startSide = async (
  { command, answers }: Responder,
  payloads: ReadonlyArray<Uint8Array>
): Promise<Side> => {
  const nats = await privateNats()
  await nats.start()
  const process = launchCommand(await command(), ownSettings({ NATS_URL: nats.url, LOG_LEVEL: "Error" }))
  const scope = Scope.makeUnsafe()
  const inScope = <A, E>(effect: Effect.Effect<A, E, Scope.Scope>): Promise<A> =>
    Effect.runPromise(Effect.provideService(effect, Scope.Scope, scope))
  const options = { url: Redacted.make(nats.url), creds: undefined, inboxPrefix: "_INBOX.bench" }
  const bus = await inScope(makeNats(options))
  await inScope(serveStore(bus))
  const subject = answers === "enrich" ? Enrich.subjects[2] : stepSubject("score")
  const word = answers === "enrich" ? "stored" : "added"
  let next = 0
  /** Asks about one batch; fails when the answer is not a result. */
  const ask = async (): Promise<void> => {
    const payload = payloads[next++ % payloads.length] ?? new Uint8Array()
    const reply = await Effect.runPromise(bus.request(subject, payload, Date.now() + 30_000))
    const text = Buffer.from(reply)
    if (!text.includes(word) || text.includes("failure")) throw new Error(`not a result: ${text}`)
  }
  await eventually(
    "a first answer",
    () =>
      ask().then(
        () => true,
        () => false
      ),
    30_000
  )
  return {
    measure: async (seconds) => {
      const began = performance.now()
      const before = processorTime({ process: process.child })
      let events = 0
      const loop = async (): Promise<void> => {
        while (performance.now() - began < seconds * 1000) {
          await ask()
          events += batchSize
        }
      }
      await Promise.all(Array.from({ length: inFlight }, loop))
      const milliseconds = performance.now() - began
      const cost = (processorTime({ process: process.child }) - before) / events
      return { cost, perSecond: (events * 1000) / milliseconds }
    },
    end: async () => {
      process.child.kill("SIGKILL")
      await Effect.runPromise(Scope.close(scope, Exit.void))
      await nats.remove()
    }
  }
}

const measureAll = async ({ rounds, seconds, scale, report }: Options) => {
  const raw = rawBatches(Math.max(2, Math.round(50 * scale)))
  const payloads = {
    enrich: raw.map((batch) => Enrich.write(batch, 2)),
    step: enrichedBatches(raw).map((batch) => writeStepRequest(batch))
  }
  const sides = new Map<string, Side>()
  try {
    for (const one of responders) sides.set(one.name, await startSide(one, payloads[one.answers]))
    for (const side of sides.values()) await side.measure(seconds)
    const turns = Object.fromEntries(Array.from(sides, ([name, side]) => [name, () => side.measure(seconds)]))
    return await takeTurns(turns, rounds, (name, round, { cost, perSecond }) =>
      report(`round ${round + 1}: ${name} ${cost.toFixed(2)} µs, ${Math.round(perSecond)} events/s`)
    )
  } finally {
    for (const side of sides.values()) await side.end()
  }
}

export const kits: Bench = {
  name: "kits",
  about: "processor time of an event in enrichers and steps of each language, and events/s of one process",
  run: async (options) => {
    const taken = await measureAll(options)
    return {
      table: {
        columns: ["responder", "µs of processor an event", "events/s"],
        rows: Object.entries(taken).map(([name, figures]) => [
          name,
          spread(spreadOf(figures.map(({ cost }) => cost))),
          spread(spreadOf(figures.map(({ perSecond }) => perSecond)), 0)
        ])
      },
      targets: [],
      notes: [
        `${options.rounds} rounds of ${options.seconds} s, batches of ${batchSize} events, ${inFlight} requests in flight, one process of each; requester, NATS and a bridge that stores nothing share the machine's cores.`
      ]
    }
  }
}
