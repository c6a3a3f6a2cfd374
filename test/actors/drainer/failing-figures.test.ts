/** Figures of a queue that fail, or are slow, are counted and logged once, and never stop the drainer. */
import { describe, expect, test } from "bun:test"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Context, Effect, Logger } from "effect"
import { Drainer } from "../../../actors/drainer.ts"
import { makeHealth } from "../../../actors/runtime/health.ts"
import { start } from "../../../actors/runtime/supervisor.ts"
import { IngestQueue, type QueueSource } from "../../../bridge/ingest-queue/service.ts"
import { sqliteQueue } from "../../../bridge/ingest-queue/sqlite/queue.ts"
import { makeInProcess } from "../../../bridge/message-bus/in-process.ts"
import { MessageBus } from "../../../bridge/message-bus/service.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { Failure } from "../../../contracts/failure.ts"
import { newClaimId } from "../../../contracts/ids.ts"
import { eventually } from "../../support/eventually.ts"

const failing = new Failure({ reason: "unavailable", message: "the key is of another type" })

interface Seen {
  readonly logged: ReadonlyArray<string>
  readonly metrics: string
}

type Ends = (metrics: string, queue: string) => boolean

/** The figures of the queue have failed so often. */
const hasFailed =
  (times: number): Ends =>
  (metrics, queue) =>
    valueIn(metrics, `spoor_queue_figures_failures_total{queue="${queue}"}`) >= times

const valueIn = (metrics: string, name: string): number =>
  Number(
    metrics
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.slice(name.length)
  )

/** Runs a drainer of a queue with a line that cannot be read, until `ends`. With `before` it need not be drained. */
const drainWith = async (
  faults: (source: QueueSource) => Partial<QueueSource>,
  ends: Ends,
  before?: (source: QueueSource) => Effect.Effect<unknown, Failure>
): Promise<Seen> => {
  const logged: Array<string> = []
  const logger = Logger.make(({ message }) => void logged.push(String(message)))
  const directory = mkdtempSync(join(tmpdir(), "spoor-figures-"))
  return Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const queue = yield* sqliteQueue(directory)
        const sources = queue.sources.map((source) => ({ ...source, ...faults(source) }))
        const context = Context.make(IngestQueue, { ...queue, sources }).pipe(
          Context.add(MessageBus, makeInProcess())
        )
        const health = makeHealth()
        yield* queue.push(["nonsense" as ByteString])
        if (before !== undefined) yield* Effect.forEach(queue.sources, before)
        yield* start(Drainer, context, health, () => {})
        const metrics = yield* Effect.promise(() =>
          eventually("the figures are as expected, and the line is drained", async () => {
            const text = await Effect.runPromise(health.metrics)
            const [depth] = await Effect.runPromise(Effect.forEach(queue.sources, (source) => source.depth))
            const isDrained = before !== undefined || depth?.deadLetters === 1
            return isDrained && ends(text, join(directory, "queue.sqlite")) ? text : undefined
          })
        )
        return { logged, metrics }
      })
    ).pipe(Effect.provide(Logger.layer([logger])))
  )
}

const complaints = ({ logged }: Seen): ReadonlyArray<string> =>
  logged.filter((line) => line.includes("figures"))

describe("figures of a queue that fail", () => {
  test("are counted each time and logged once", async () => {
    const hold = () => Effect.fail(failing)
    const seen = await drainWith(({ figures }) => ({ figures: { ...figures, hold } }), hasFailed(2))
    expect(complaints(seen)).toEqual([
      expect.stringMatching(
        /^The figures of \S+ cannot be read: the key is of another type\. The queue is drained all the same\.$/
      )
    ])
  })

  test("are not logged while the queue is unreachable, which is logged elsewhere", async () => {
    const hold = () => Effect.fail(failing)
    const seen = await drainWith(
      ({ figures, dependency }) => ({
        figures: { ...figures, hold },
        dependency: { ...dependency, check: Effect.fail(failing) }
      }),
      hasFailed(1)
    )
    expect(complaints(seen)).toEqual([])
  })

  test("are given up after some seconds when the ledger hangs, and then 0", async () => {
    const seen = await drainWith(() => ({ ledger: () => Effect.never }), hasFailed(1))
    expect(seen.metrics).toMatch(/^spoor_queue_figures_held\{.*\} 0$/m)
  }, 30_000)
})

test("a lease of a batch that expired is counted by the drainer that takes the batch over", async () => {
  // A batch that was tried before waits for an enricher, which does not run here.
  await drainWith(
    () => ({}),
    (metrics, queue) => valueIn(metrics, `spoor_queue_expired_leases_total{queue="${queue}"}`) === 1,
    (source) => source.claim(newClaimId(), { maxEvents: 9, maxBytes: 999, lease: 0 })
  )
})
