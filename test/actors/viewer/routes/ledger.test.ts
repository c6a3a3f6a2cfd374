/** The API of the ledger of real queues, and of the location of one event. */
import { expect, test } from "bun:test"
import { Effect, type Scope } from "effect"
import type { QueueSource } from "../../../../bridge/ingest-queue/service.ts"
import { type ByteString, bytesOf } from "../../../../contracts/event.ts"
import { eventId, type Topic } from "../../../../contracts/ids.ts"
import { bury, claimAll, onOwnQueues } from "../../inspect/queues.ts"
import { ask, openLog, type Services, servicesOn, viewer } from "../requests.ts"

const get = (services: Services, path: string) =>
  Effect.promise(async () => {
    const answer = await ask(path, services)
    return { status: answer.status, body: await answer.json() }
  })

const client = { address: "127.0.0.1", upgrade: () => undefined }

await onOwnQueues((open) => {
  const check = (what: string, body: Effect.Effect<void, unknown, Scope.Scope>): void =>
    test(what, () => Effect.runPromise(Effect.scoped(body)))

  check(
    "the ledger accounts for each line",
    Effect.gen(function* () {
      const queue = yield* open
      yield* bury(queue, ["broken"])
      yield* queue.push(["a", "b", "c"] as unknown as ReadonlyArray<ByteString>)
      yield* claimAll(queue.source)
      yield* queue.push(["d"] as unknown as ReadonlyArray<ByteString>)
      const { body } = yield* get(yield* servicesOn([queue.source], yield* openLog), "/api/ledger")
      expect(body).toMatchObject({
        balanced: true,
        complete: true,
        warnings: [],
        total: { received: 5, stored: 0, dead: 1, waiting: 1, inFlight: 3 },
        queues: [{ deadLetters: 1 }]
      })
    })
  )

  check(
    "many concurrent requests read the queues once",
    Effect.gen(function* () {
      const { source } = yield* open
      let reads = 0
      const counted: QueueSource = {
        ...source,
        ledger: (lines) => {
          reads += 1
          return source.ledger(lines)
        }
      }
      const services = yield* servicesOn([counted], yield* openLog)
      // One viewer for all: to make twenty takes longer than a ledger is kept.
      const app = viewer(services)
      const request = () =>
        app.fetch(
          new Request("http://localhost:5031/api/ledger", { headers: { host: "localhost:5031" } }),
          client
        )
      const answers = yield* Effect.promise(() => Promise.all(Array.from({ length: 20 }, request)))
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200))
      expect(reads).toBe(1)
    })
  )

  check(
    "an event is found wherever it is, and shown escaped",
    Effect.gen(function* () {
      const queue = yield* open
      const log = yield* openLog
      const services = yield* servicesOn([queue.source], log)
      const where = (id: string) =>
        Effect.map(get(services, `/api/where-is?id=${encodeURIComponent(id)}`), ({ body }) => body)

      const [letter] = yield* bury(queue, ["broken\x1b" as string])
      expect(yield* where(letter?.id ?? "")).toMatchObject({
        state: "dead letter",
        letters: [{ address: letter?.id, line: "broken\\x1b" }]
      })

      yield* queue.push([bytesOf("under way\u202e")])
      const { id } = yield* claimAll(queue.source)
      expect(yield* where(eventId(id, 0))).toMatchObject({
        state: "in flight",
        underWay: [{ line: "under way\\xe2\\x80\\xae", attempts: 0, isClaimed: true }]
      })

      const stored = eventId(id, 7)
      const value = new TextEncoder().encode("app_open type=Bot a\u0007")
      const headers = { id: stored, received: "1000", claimed: "3000" }
      yield* log.append([{ topic: "clicks" as Topic, value, headers, key: "k" }], "x")
      expect(yield* where(stored)).toMatchObject({
        state: "stored",
        records: [
          {
            topic: "clicks",
            partition: 0,
            offset: "0",
            key: "k",
            record: "app_open type=Bot a\\x07",
            times: [
              ["received", 1_000],
              ["claimed", 3_000],
              ["logged", expect.any(Number)]
            ]
          }
        ]
      })

      expect(yield* where(eventId(id, 9))).toMatchObject({ state: "not found", records: [] })
      expect(yield* where("<b>\x1b")).toMatchObject({ state: "not an id" })
    })
  )
})
