/** Repeated failures of a handler are two lines: one when it fails, one when it handles all records again. */
import { expect, test } from "bun:test"
import { Effect, Logger } from "effect"
import { deliver, makeHandling } from "../../../bridge/event-log/deliver-batch.ts"
import { makeProcessOutages, Outages } from "../../../bridge/outage.ts"
import type { Topic } from "../../../contracts/ids.ts"
import { eventually } from "../../support/eventually.ts"

const batchOf = (partition: number) => ({ topic: "events" as Topic, partition, records: [], end: "7" })

test("failures of several partitions are one line, and none while a dependency fails", async () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ message, logLevel }) => {
    if (logLevel !== "Debug") lines.push(String([message].flat()[0]))
  })
  const outages = makeProcessOutages()
  const store = outages.of({ name: "Redis at a:1", log: () => undefined }).operation({ isSteady: true })
  const run = <A>(effect: Effect.Effect<A>): Promise<A> =>
    effect.pipe(
      Effect.provideService(Outages, outages),
      Effect.provide(Logger.layer([logger])),
      Effect.runPromise
    )
  const handling = await run(makeHandling(300))
  const failing = deliver(() => Effect.fail(new Error("no")), batchOf(0), handling)
  store.failed("connect ECONNREFUSED")
  expect(await run(failing)).toBe(false)
  const begun = performance.now()
  await eventually("a line would be due", () => performance.now() - begun > 1_500, 10_000, 100)
  expect(lines).toEqual([])
  store.worked()

  await eventually("a line is written", async () => {
    for (const partition of [0, 1]) await run(deliver(() => Effect.fail(new Error("no")), batchOf(partition), handling))
    return lines.length > 0
  }, 20_000, 200)
  for (const partition of [0, 1])
    expect(await run(deliver(() => Effect.void, batchOf(partition), handling))).toBe(true)
  await eventually("its end is written", () => lines.length > 1)
  expect(lines[0]).toBe("The handler failed; these records are delivered again: events 0 from 7: no.")
  expect(lines[1]).toMatch(/^The handler handles all records again after \d+ s and \d+ failures \(\d+ times: no\)\.$/)
  expect(lines).toHaveLength(2)
}, 60_000)
