/** The ingest queue in a file beyond the contract: several processes share it, and nothing is lost at exit. */
import { expect, test } from "bun:test"
import { execFile } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { ConfigProvider, Effect, Layer } from "effect"
import { layer } from "../../../../bridge/ingest-queue/layer.ts"
import { IngestQueue } from "../../../../bridge/ingest-queue/service.ts"

const temporary = () => mkdtemp(join(tmpdir(), "spoor-queue-"))

/** Uses the queue that the settings choose, and closes it. */
const using = <A, E>(
  settings: Record<string, string>,
  body: (queue: IngestQueue["Service"]) => Effect.Effect<A, E>
) =>
  Effect.runPromise(
    Effect.flatMap(IngestQueue, body).pipe(
      Effect.provide(layer.pipe(Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(settings)))))
    )
  )

test("processes that push and claim concurrently get every line once", async () => {
  const directory = await temporary()
  const worker = join(import.meta.dirname, "../../../support/queue-worker.ts")
  const outputs = await Promise.all(
    ["a", "b", "c"].map((name) => promisify(execFile)(process.execPath, [worker, directory, name, "300"]))
  )
  const claimed = outputs.flatMap(({ stdout }) => stdout.split("\n").filter((line) => line !== ""))
  const left = await using({ DATA_DIR: directory }, (queue) => queue.sources[0]?.depth ?? Effect.undefined)
  expect(claimed.length).toBe(new Set(claimed).size)
  expect(claimed.length + (left?.waiting ?? 0)).toBe(900)
  expect(left?.claimed).toBe(0)
  await rm(directory, { recursive: true })
})

test("without REDIS_URL the queue is the file of DATA_DIR, and lines stay there", async () => {
  const directory = await temporary()
  const settings = { DATA_DIR: join(directory, "made", "for it") }
  await using(settings, (queue) => queue.push([]))
  const depth = await using(settings, (queue) => {
    expect(queue.sources[0]?.dependency).toMatchObject({ kind: "sqlite", embedded: true })
    return queue.sources[0]?.depth ?? Effect.undefined
  })
  expect(depth).toEqual({ waiting: 0, claimed: 0, deadLetters: 0 })
  await rm(directory, { recursive: true })
})

test("a DATA_DIR that cannot be written ends the start with a sentence that names it", async () => {
  const directory = await temporary()
  const file = join(directory, "a file")
  await writeFile(file, "")
  const start = using({ DATA_DIR: file }, () => Effect.void)
  await expect(start).rejects.toThrow(new RegExp(`${file}.*DATA_DIR`))
  await rm(directory, { recursive: true })
})
