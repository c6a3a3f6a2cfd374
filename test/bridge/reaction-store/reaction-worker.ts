/**
 * A separate process for tests: commits records of one partition, each with a delivery of its own, in a race with others, and
 * claims and settles between them. Arguments: folder or URL of the store, its name, number of records. Prints the records
 * whose commit was done, and the deliveries that it delivered.
 */
import { Effect, Redacted } from "effect"
import { redisReactionStore } from "../../../bridge/reaction-store/redis/store.ts"
import { sqliteReactionStore } from "../../../bridge/reaction-store/sqlite/store.ts"
import { at, breaker, delivered, delivery, hour, records, settlement } from "./check.ts"

const [where = "", name = "", count = "0"] = process.argv.slice(2)
const open = where.startsWith("redis:")
  ? redisReactionStore(Redacted.make(where), hour)
  : sqliteReactionStore(where, hour)

await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const store = yield* open
      for (let offset = 0; offset < Number(count); ) {
        const { fences, verdicts, version } = yield* store.load(at, records([offset]), count)
        if (verdicts[0] !== "fresh") {
          offset += 1
          continue
        }
        const changes = { fences, handled: 1, deliveries: [delivery(`${offset}`)], suppressed: [] }
        const added = yield* store.commit(at, version, changes)
        if (added !== undefined) process.stdout.write(`committed ${offset}\n`)
        if (offset % 5 !== 0) continue
        const claimed = yield* store.claim(name, { max: 3, leaseMs: hour, concurrency: 100 })
        const settled = yield* store.settle(
          claimed.map((one) => settlement(one, delivered)),
          breaker
        )
        for (const [i, { id }] of claimed.entries())
          if (settled[i] === true) process.stdout.write(`delivered ${id}\n`)
      }
    })
  )
)
