/** The command `counters` as a process, on both kinds of store and both runtimes: it lists and resets tables. */
import { describe, expect, test } from "bun:test"
import { ConfigProvider, Context, Effect, Layer, Logger } from "effect"
import * as ProjectionStoreLive from "../../../bridge/projection-store/layer.ts"
import { ProjectionStore } from "../../../bridge/projection-store/service.ts"
import { add, batchOf } from "../../bridge/projection-store/model.ts"
import { denoProgram } from "../../support/deno.ts"
import { hasRedisProgram, startRedis } from "../../support/redis.ts"
import { type Environment, ownSettings } from "../../support/spoor.ts"
import { command, type Runtime } from "./command.ts"

/** Uses the store that a process with these settings has. */
const withStore = <A>(
  settings: Environment,
  use: (store: ProjectionStore["Service"]) => Effect.Effect<A, unknown>
): Promise<A> =>
  Effect.flatMap(Layer.build(ProjectionStoreLive.layer), (context) =>
    use(Context.get(context, ProjectionStore))
  ).pipe(
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(settings))),
    Effect.provide(Logger.layer([])),
    Effect.scoped,
    Effect.runPromise
  )

const count = (settings: Environment) =>
  withStore(settings, (store) =>
    Effect.gen(function* () {
      const events = [
        add("by-type", "app\u001b[31m_open", 3),
        add("by-type", "buy", 1),
        add("by-event", "buy", 1)
      ]
      yield* store.apply("event-counter", batchOf([[0, undefined, ...events]]))
      yield* store.apply(
        "timing-stats",
        batchOf([[0, undefined, add("klag", "7", 1), add("whole-way", "9", 1)]])
      )
      yield* store.apply("own-counter", batchOf([[0, undefined, add("by/browser", "x", 1)]]))
    })
  )

const rows = (settings: Environment, counter: string, table: string) =>
  withStore(settings, (store) => store.top(counter, table, 10))

const behaves = (settings: Environment, runtime: Runtime) => {
  test("tables are listed, and reset one by one", async () => {
    await count(settings)
    const listed = await command(settings, "counters", ["list"], runtime)
    expect(listed.code).toBe(0)
    expect(listed.out).toMatch(/^event-counter\/by-type +2 keys, largest: app\\x1b\[31m_open 3$/m)
    expect(listed.out).toMatch(/^search-counter\/by-text +0 keys$/m)
    const json = await command(settings, "counters", ["list", "--json"], runtime)
    expect(
      json.out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line))
    ).toContainEqual({
      counter: "event-counter",
      table: "by-event",
      keys: 1,
      full: false,
      largest: { key: "buy", count: 1 }
    })

    const ended = await command(settings, "counters", ["reset", "by-type", "own-counter/by/browser"], runtime)
    expect(ended).toMatchObject({ code: 0, err: "" })
    expect(ended.out).toBe("event-counter/by-type was reset.\nown-counter/by/browser was reset.\n")
    expect(await rows(settings, "event-counter", "by-type")).toEqual([])
    expect(await rows(settings, "own-counter", "by/browser")).toEqual([])
    expect(await rows(settings, "event-counter", "by-event")).toHaveLength(1)

    expect((await command(settings, "counters", ["reset", "--all", "--yes"], runtime)).code).toBe(0)
    for (const table of ["klag", "whole-way"]) expect(await rows(settings, "timing-stats", table)).toEqual([])
    expect(await rows(settings, "event-counter", "by-event")).toEqual([])
  })
}

describe("an invalid command line of counters", () => {
  const settings = ownSettings()
  for (const [args, code, text] of [
    [[], 64, "counters needs a subcommand: list, reset"],
    [["reset"], 64, "names of tables, or --all"],
    [["reset", "--all"], 64, "add --yes"],
    [["reset", "--all", "by-type", "--yes"], 64, "names of tables, or --all"],
    [["reset", "by-nothing"], 64, '<table> cannot be "by-nothing"; write one of by-type, by-action'],
    [["list", "by-type"], 64, '"by-type" is one argument too many; write counters list [flags]']
  ] as const) {
    test(`counters ${args.join(" ")} ends with ${code}`, async () => {
      const ended = await command(settings, "counters", args)
      expect(ended.err).toContain(text)
      expect(ended.code).toBe(code)
    })
  }
})

describe("counters in a file", () => behaves(ownSettings(), "bun"))
describe.skipIf(denoProgram() === undefined)("counters in a file, on Deno", () =>
  behaves(ownSettings(), "deno")
)
describe.skipIf(!hasRedisProgram())("counters on Redis", () => {
  test("are reset; an unreachable store ends it with 1", async () => {
    const server = await startRedis()
    const settings = { ...ownSettings(), PROJECTIONS_URL: server?.url ?? "" }
    await count(settings)
    expect((await command(settings, "counters", ["reset", "by-type"])).code).toBe(0)
    expect(await rows(settings, "event-counter", "by-type")).toEqual([])
    expect(await rows(settings, "event-counter", "by-event")).toHaveLength(1)
    await server?.stop()
    const away = await command(settings, "counters", ["reset", "by-event"])
    expect(away.code).toBe(1)
    expect(away.out).toBe("")
  })
})
