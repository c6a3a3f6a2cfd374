/**
 * A separate process for tests: pushes lines to the queue in a folder, and claims and acknowledges batches between the
 * pushes. Arguments: folder, name of its lines, number of lines. Prints each claimed line.
 */
import { Effect } from "effect"
import { sqliteQueue } from "../../bridge/ingest-queue/sqlite/queue.ts"
import type { ByteString } from "../../contracts/event.ts"
import { newClaimId } from "../../contracts/ids.ts"

const [directory = "", name = "", count = "0"] = process.argv.slice(2)

await Effect.runPromise(
  Effect.scoped(
    Effect.gen(function* () {
      const queue = yield* sqliteQueue(directory)
      const source = queue.sources[0]
      for (let i = 0; i < Number(count); i++) {
        yield* queue.push([`${name} ${i}` as ByteString])
        if (i % 10 !== 9 || source === undefined) continue
        const batch = yield* source.claim(newClaimId(), { maxEvents: 10, maxBytes: 1000, lease: 3_600_000 })
        if (batch === undefined) continue
        process.stdout.write(`${batch.lines.join("\n")}\n`)
        yield* batch.ack([])
      }
    })
  )
)
