/** The addresses of the old system's pages: the list of dead letters, and the order that clears it. */
import { expect, test } from "bun:test"
import { Effect } from "effect"
import type { DeadLetterService } from "../../../../actors/viewer/dead-letters/service.ts"
import { Failure } from "../../../../contracts/failure.ts"
import { bury, onOwnQueues } from "../../inspect/queues.ts"
import { accountsOn, ask, openLog, ownPage } from "../requests.ts"

const form = { ...ownPage, "content-type": "application/x-www-form-urlencoded" }

const clear = (accounts: DeadLetterService, body: string, headers: Readonly<Record<string, string>> = form) =>
  Effect.promise(() => ask("/badclicks/clear_all", { accounts }, { method: "POST", headers, body }))

await onOwnQueues((open) => {
  test("a confirmed order clears all dead letters and leads back to the list; nothing else does", () =>
    Effect.gen(function* () {
      const queue = yield* open
      const accounts = yield* accountsOn([queue.source], yield* openLog)
      yield* bury(queue, ["one", "two", "three"])
      yield* queue.foreign("of others")
      const left = Effect.map(queue.source.depth, ({ deadLetters }) => deadLetters)

      for (const body of ["", "confirm=no", "confirm=yes%20", "other=yes"]) {
        const answer = yield* clear(accounts, body)
        expect([answer.status, answer.headers.get("location")]).toEqual([303, "/badclicks"])
      }
      const { origin: _, ...unnamed } = form
      const foreign = { ...form, origin: "https://elsewhere.example", "sec-fetch-site": "cross-site" }
      const json = { ...form, "content-type": "application/json" }
      expect((yield* clear(accounts, "confirm=yes", unnamed)).status).toBe(401)
      expect((yield* clear(accounts, "confirm=yes", foreign)).status).toBe(401)
      expect((yield* clear(accounts, "confirm=yes", json)).status).toBe(415)
      expect((yield* clear(accounts, `confirm=yes&${"x".repeat(20_000)}`)).status).toBe(413)
      expect((yield* Effect.promise(() => ask("/badclicks/clear_all?confirm=yes"))).status).toBe(405)
      expect(yield* left).toBe(4)

      const answer = yield* clear(accounts, "confirm=yes")
      expect([answer.status, answer.headers.get("location")]).toEqual([303, "/badclicks"])
      expect(yield* left).toBe(0)
    }).pipe(Effect.scoped, Effect.runPromise))

  test("it says so when a queue could not be cleared", () =>
    Effect.gen(function* () {
      const queue = yield* open
      const failure = Effect.fail(new Failure({ reason: "unavailable", message: "It is away." }))
      const accounts = yield* accountsOn([{ ...queue.source, depth: failure }], yield* openLog)
      const answer = yield* clear(accounts, "confirm=yes")
      expect(answer.status).toBe(503)
      expect(yield* Effect.promise(() => answer.text())).toContain("It is away.")
    }).pipe(Effect.scoped, Effect.runPromise))
})
