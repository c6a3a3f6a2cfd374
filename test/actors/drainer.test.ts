/** The drainer from queue to receipt: of a batch that crashes the enricher only the poison event is lost, and all events are counted. */
import { describe, expect, test } from "bun:test"
import { Effect, Schema } from "effect"
import { Drainer } from "../../actors/drainer.ts"
import { withActor } from "../../actors/testing/with-actor.ts"
import { IngestQueue } from "../../bridge/ingest-queue/service.ts"
import { DeadLetter } from "../../contracts/dead-letter.ts"
import type { ByteString } from "../../contracts/event.ts"
import { eventId, splitEventId, Topic } from "../../contracts/ids.ts"
import { Enrich } from "../../contracts/requests.ts"

const standard = Topic.make("events")

const line = (query: string): ByteString => `1.2.3.4 1795206900000 h p /t/a ${query} curl/8` as ByteString

describe("drainer", () => {
  test("the poison event is found and dead-lettered with its id and bytes, the others are stored", () =>
    withActor(Drainer, function* (drainer) {
      const stored = new Set<string>()
      let end = 0
      let crashes = 0
      yield* drainer.answer(Enrich, ({ id, digest, events }) => {
        if (events.some(({ query }) => query === "poison")) {
          crashes += 1
          return Effect.die(new Error("boom"))
        }
        for (const { query } of events) stored.add(query)
        const count = events.length
        const placements =
          count === 0 ? [] : [{ topic: standard, partition: 0, offset: String(end), count, at: 1 }]
        end += count
        return Effect.succeed({ id, digest, stored: count, placements, rejected: [] })
      })
      const lines = [line("a"), "nonsense" as ByteString, line("b"), line("poison"), line("c")]
      yield* drainer.push(lines)
      yield* drainer.advance("2 minutes")

      expect([...stored].toSorted()).toEqual(["a", "b", "c"])
      expect(crashes).toBe(4)
      const letters = yield* drainer.deadLetters
      const id = splitEventId(letters[0]?.id ?? "")?.batch ?? ("" as never)
      const found = letters.map(({ id, reason, topic, line, attempts }) => ({
        id,
        reason,
        attempts,
        topic,
        line: Buffer.from(line).toString()
      }))
      expect(found.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
        { id: eventId(id, 1), reason: "too few fields", attempts: 2, topic: standard, line: lines[1] ?? "" },
        { id: eventId(id, 3), reason: "crashed", attempts: 3, topic: standard, line: lines[3] ?? "" }
      ])
      for (const letter of letters) expect(Schema.is(DeadLetter)(letter)).toBe(true)
      const [queue] = drainer.service(IngestQueue).sources
      const ledger = yield* queue?.ledger(0) ?? Effect.undefined
      expect(ledger?.topics).toMatchObject([{ topic: standard, received: 5, stored: 3, dead: 2 }])
      expect(ledger).toMatchObject({ taken: 5, waiting: 0, inFlight: 0 })
    }))
})
