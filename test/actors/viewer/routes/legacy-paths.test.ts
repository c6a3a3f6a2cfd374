/** The old system's paths: the list of dead letters, and the form that clears it. */
import { expect, test } from "bun:test"
import { Effect } from "effect"
import { Failure } from "../../../../contracts/failure.ts"
import { bury, onOwnQueues } from "../../inspect/queues.ts"
import { ask, openLog, ownPage, type Services, servicesOn } from "../requests.ts"

const form = { ...ownPage, "content-type": "application/x-www-form-urlencoded" }

const clear = (services: Services, body: string, headers: Readonly<Record<string, string>> = form) =>
  Effect.promise(() => ask("/badclicks/clear_all", services, { method: "POST", headers, body }))

await onOwnQueues((open) => {
  test("a confirmed form clears all dead letters and redirects to the list; nothing else does", () =>
    Effect.gen(function* () {
      const queue = yield* open
      const services = yield* servicesOn([queue.source], yield* openLog)
      yield* bury(queue, ["one", "two", "three"])
      yield* queue.foreign("of others")
      const left = Effect.map(queue.source.depth, ({ deadLetters }) => deadLetters)

      for (const body of ["", "confirm=no", "confirm=yes%20", "other=yes"]) {
        const answer = yield* clear(services, body)
        expect([answer.status, answer.headers.get("location")]).toEqual([303, "/badclicks"])
      }
      const { origin: _, ...unnamed } = form
      const foreign = { ...form, origin: "https://elsewhere.example", "sec-fetch-site": "cross-site" }
      const json = { ...form, "content-type": "application/json" }
      expect((yield* clear(services, "confirm=yes", unnamed)).status).toBe(401)
      expect((yield* clear(services, "confirm=yes", foreign)).status).toBe(401)
      expect((yield* clear(services, "confirm=yes", json)).status).toBe(415)
      expect((yield* clear(services, `confirm=yes&${"x".repeat(20_000)}`)).status).toBe(413)
      expect((yield* Effect.promise(() => ask("/badclicks/clear_all?confirm=yes"))).status).toBe(405)
      expect(yield* left).toBe(4)

      const answer = yield* clear(services, "confirm=yes")
      expect([answer.status, answer.headers.get("location")]).toEqual([303, "/badclicks"])
      expect(yield* left).toBe(0)
    }).pipe(Effect.scoped, Effect.runPromise))

  test("a queue that could not be cleared is reported", () =>
    Effect.gen(function* () {
      const queue = yield* open
      const failure = Effect.fail(new Failure({ reason: "unavailable", message: "It is away." }))
      const services = yield* servicesOn([{ ...queue.source, depth: failure }], yield* openLog)
      const answer = yield* clear(services, "confirm=yes")
      expect(answer.status).toBe(503)
      expect(yield* Effect.promise(() => answer.text())).toContain("It is away.")
    }).pipe(Effect.scoped, Effect.runPromise))
})
