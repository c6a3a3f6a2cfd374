/** The projection store that the settings choose. */
import { afterAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Effect, Layer, Logger } from "effect"
import { layer } from "../../../bridge/projection-store/layer.ts"
import { ProjectionStore } from "../../../bridge/projection-store/service.ts"

const directory = mkdtempSync(join(tmpdir(), "spoor-live-"))
afterAll(() => rmSync(directory, { recursive: true }))

const seamWith = (settings: Record<string, string>) =>
  Effect.map(ProjectionStore, ({ dependency }) => `${dependency.kind} ${dependency.address}`).pipe(
    Effect.provide(
      layer.pipe(
        Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ DATA_DIR: directory, ...settings }))),
        Layer.provide(Logger.layer([]))
      )
    ),
    Effect.catch((error) => Effect.succeed("message" in error ? error.message : String(error))),
    Effect.runPromise
  )

test("a file by default, else PROJECTIONS_URL, else the first of REDIS_URL", async () => {
  const [one, two, three] = ["redis://127.0.0.1:1", "redis://127.0.0.1:2", "redis://:secret@127.0.0.1:3"]
  expect(await seamWith({})).toBe(`sqlite ${join(directory, "projections.sqlite")}`)
  expect(await seamWith({ REDIS_URL: "", PROJECTIONS_URL: " " })).toStartWith("sqlite")
  expect(await seamWith({ REDIS_URL: `${one}, ${two}` })).toBe("redis 127.0.0.1:1")
  expect(await seamWith({ REDIS_URL: one, PROJECTIONS_URL: three })).toBe("redis 127.0.0.1:3")
})

test("invalid settings end the start with an error", async () => {
  for (const horizon of ["10 seconds", "400 days", "Infinity"]) {
    expect(await seamWith({ FENCE_HORIZON: horizon })).toContain("FENCE_HORIZON must be between")
  }
  expect(await seamWith({ FENCE_HORIZON: "3 days" })).toStartWith("sqlite")
  expect(await seamWith({ FENCE_HORIZON: "soon" })).toContain("FENCE_HORIZON")
  expect(await seamWith({ PROJECTIONS_URL: "http://host" })).toContain("must read redis://")
})
