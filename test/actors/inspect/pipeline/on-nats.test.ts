/** The monitor on a real NATS server: many instances, other services among them, a server that stops and starts again. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { Effect } from "effect"
import type { SystemView } from "../../../../actors/inspect/pipeline/system-view.ts"
import { register } from "../../../../bridge/message-bus/micro-service.ts"
import { MessageBus } from "../../../../bridge/message-bus/service.ts"
import { connected } from "../../../bridge/message-bus/connected.ts"
import { run } from "../../../bridge/message-bus/support.ts"
import { eventually } from "../../../support/eventually.ts"
import { canStartNats, type NatsServer, privateNats } from "../../../support/nats.ts"
import { go, healthText, monitorOf, play, playFlow, stage } from "./playing.ts"

const seen = <A>(
  view: Effect.Effect<SystemView>,
  what: string,
  find: (seen: SystemView) => A | false | undefined
) => Effect.promise(() => eventually(what, async () => find(await Effect.runPromise(view))))

describe.skipIf(!canStartNats)("the monitor on NATS", () => {
  let server: NatsServer
  beforeAll(async () => {
    server = await privateNats()
    await server.start()
  })
  afterAll(() => server.remove())

  test("sixty instances on connections of their own are all visible at once, other services are not", () =>
    run(
      Effect.gen(function* () {
        const open = connected(server.url)
        const enrichers = yield* Effect.forEach(
          Array.from({ length: 60 }),
          () => Effect.flatMap(open, (bus) => play(bus, "enricher", { underWay: 1, capacity: 80 })),
          { concurrency: 10 }
        )
        yield* register({
          name: "weather",
          id: "stranger",
          version: "1.0.0",
          description: "No actor of Spoor.",
          metadata: {},
          stats: Effect.succeed([])
        }).pipe(Effect.provideService(MessageBus, yield* open))
        const view = yield* monitorOf(yield* open)
        const first = yield* view
        expect(stage(first, "enricher")).toMatchObject({ instances: 60, underWay: 60, capacity: 4_800 })
        expect(new Set(first.instances.map(({ name }) => name))).toEqual(new Set(["enricher"]))
        expect(new Set(first.instances.map(({ summary }) => summary))).toEqual(
          new Set(["Plays the enricher."])
        )
        const flowing = setInterval(() => {
          for (const one of enrichers) go(one, "succeeded", 10)
        }, 50)
        yield* seen(view, "all have rates", ({ instances }) => instances.every(({ rate }) => (rate ?? 0) > 0))
        clearInterval(flowing)
      })
    ))

  test(
    "a stopped server is reported, and no actor as down; after its restart all are visible again",
    () =>
      run(
        Effect.gen(function* () {
          yield* playFlow(yield* connected(server.url))
          const view = yield* monitorOf(yield* connected(server.url))
          const before = yield* view
          expect(before).toMatchObject({ condition: "idle", troubles: [] })
          yield* Effect.promise(server.kill)
          const away = yield* seen(
            view,
            "the server is reported as unreachable",
            (now) =>
              stage(now, "enricher").condition === "stands still" && now.seams.some(({ ok }) => !ok) && now
          )
          expect(away.troubles).toEqual([expect.stringContaining("The actors cannot be checked: ")])
          expect(healthText(away, "enricher")).toStartWith("stands still: It cannot be checked: ")
          expect(healthText(away, "gateway")).toStartWith("unknown: It cannot be checked: ")
          expect(away.seams).toMatchObject([{ name: "bus", kind: "NATS", ok: false }])
          yield* Effect.promise(() => server.start())
          yield* seen(
            view,
            "all actors are visible",
            (now) => now.condition === "idle" && now.troubles.length === 0
          )
        })
      ),
    40_000
  )
})
