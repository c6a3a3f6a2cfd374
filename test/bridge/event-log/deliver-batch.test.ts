/** Repeated failures of a batch are not logged every time. */
import { expect, test } from "bun:test"
import { Effect, Logger } from "effect"
import { deliver } from "../../../bridge/event-log/deliver-batch.ts"
import type { Topic } from "../../../contracts/ids.ts"

test("failures are logged after 1, 2, 4, 8, … attempts, with their number", async () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message }) => void lines.push(String([message].flat()[0])))
  const batch = { topic: "events" as Topic, partition: 0, records: [], end: "7" }
  const failing = Effect.forEach(
    Array.from({ length: 100 }, (_, i) => i + 1),
    (tries) => deliver(() => Effect.fail("no"), batch, tries)
  )
  const done = await Effect.runPromise(Effect.provide(failing, Logger.layer([logger])))
  expect(new Set(done)).toEqual(new Set([false]))
  expect(lines.length).toBe(7)
  expect(lines[0]).toBe("The handler failed; these records are delivered again: events 0 from 7")
  expect(lines[6]).toBe(
    "The handler failed; these records are delivered again: events 0 from 7 (failed 64 times)"
  )
  expect(await Effect.runPromise(deliver(() => Effect.void, batch, 1))).toBe(true)
})
