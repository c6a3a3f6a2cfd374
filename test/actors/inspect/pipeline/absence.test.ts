/** The health of actors that are not running, or that the monitor cannot see. */
import { expect } from "bun:test"
import { Effect } from "effect"
import { makeInProcess } from "../../../../bridge/message-bus/in-process.ts"
import { Failure } from "../../../../contracts/failure.ts"
import { Topic } from "../../../../contracts/ids.ts"
import { full, go, healthText, monitorOf, nothingYet, play, playFlow, playQueue, stage } from "./playing.ts"
import { after, check, sharedBus } from "./time.ts"

check(
  "an actor without instances is down, whether or not one was ever seen",
  Effect.gen(function* () {
    const bus = sharedBus()
    yield* play(bus, "drainer")
    yield* play(bus, "bridge")
    yield* play(bus, "gateway")
    const view = yield* monitorOf(bus)
    const seen = yield* after(view, 2)
    expect(healthText(seen, "enricher")).toBe("down: No enricher runs.")
    expect(seen).toMatchObject({
      condition: "down",
      sentence: "The enricher is down: No enricher runs."
    })
    yield* Effect.scoped(
      Effect.gen(function* () {
        yield* play(bus, "enricher")
        yield* play(bus, "audit", { behind: [] })
        const both = yield* after(view, 2)
        expect([healthText(both, "enricher"), healthText(both, "audit")]).toEqual([
          "idle: No messages since it started.",
          "idle: No messages since it started."
        ])
      })
    )
    const gone = yield* after(view, 10)
    expect(healthText(gone, "enricher")).toMatch(
      /^down: No enricher runs\. The last one answered \d+ s ago\.$/
    )
    expect(healthText(gone, "audit")).toStartWith("down: No audit runs.")
    expect(gone.instances.find(({ name }) => name === "audit")?.silentFor).toBeGreaterThan(8)
    const long = yield* after(view, 40)
    expect(long.instances.some(({ name }) => name === "audit")).toBe(false)
    expect(healthText(long, "audit")).toStartWith("down: No audit runs.")
  })
)

check(
  "one of several instances that stops answering is reported, and the stage keeps its condition",
  Effect.gen(function* () {
    const bus = sharedBus()
    const { enricher } = yield* playFlow(bus)
    const view = yield* monitorOf(bus)
    const flowing = () => go(enricher, "succeeded", 10)
    yield* Effect.scoped(Effect.andThen(play(bus, "enricher"), after(view, 3, flowing)))
    const seen = yield* after(view, 8, flowing)
    expect(healthText(seen, "enricher")).toBe("flows: 1 of 2 no longer answers.")
    expect(stage(seen, "enricher").instances).toBe(1)
  })
)

check(
  "an actor that crashes repeatedly is down",
  Effect.gen(function* () {
    const bus = sharedBus()
    const { enricher } = yield* playFlow(bus)
    enricher.figures = { ...enricher.figures, state: "restarting" }
    const view = yield* monitorOf(bus)
    expect(healthText(yield* after(view, 2), "enricher")).toBe("down: It crashed and is restarting.")
  })
)

check(
  "without a gateway of Spoor other programs may push; that is not an error",
  Effect.gen(function* () {
    const bus = sharedBus()
    for (const name of ["drainer", "enricher", "bridge"]) yield* play(bus, name)
    const ledger = { ...nothingYet, taken: 10 }
    const view = yield* monitorOf(bus, [playQueue(Effect.succeed(ledger))])
    const seen = yield* after(view, 2)
    expect(healthText(seen, "gateway")).toBe("idle: No gateway runs; other programs push to the queue.")
    expect(seen.condition).toBe("idle")
  })
)

check(
  "on an embedded bus an invisible actor is not reported as down unless the queue is stalled",
  Effect.gen(function* () {
    const bus = makeInProcess()
    yield* play(bus, "viewer", { behind: [] })
    let ledger = nothingYet
    const view = yield* monitorOf(bus, [playQueue(Effect.sync(() => ledger))])
    const unseen =
      "No drainer runs in this process; without NATS_URL those of other processes cannot be seen."
    const seen = yield* after(view, 2)
    expect([healthText(seen, "drainer"), seen.condition]).toEqual([`unknown: ${unseen}`, "unknown"])
    expect(stage(seen, "drainer")).toMatchObject({ instances: null, rate: null, events: null })
    ledger = full
    expect(healthText(yield* after(view, 10), "drainer")).toBe(`down: ${unseen}`)
  })
)

check(
  "without the bus an invisible actor is not reported as down",
  Effect.gen(function* () {
    const bus = sharedBus()
    const away = new Failure({ reason: "unavailable", message: "no connection to NATS" })
    const broken = { ...bus, requestMany: () => Effect.fail(away) }
    let ledger = nothingYet
    const view = yield* monitorOf(broken, [playQueue(Effect.sync(() => ledger))])
    const seen = yield* after(view, 2)
    expect(healthText(seen, "gateway")).toBe("unknown: It cannot be checked: no connection to NATS.")
    expect(stage(seen, "gateway")).toMatchObject({
      instances: null,
      rate: null,
      failedRate: null,
      lag: null
    })
    const pushing = yield* after(view, 3, (second) => {
      ledger = { ...nothingYet, pushed: 50 * (second + 1) }
    })
    expect(healthText(pushing, "gateway")).toBe(
      "flows: It cannot be checked: no connection to NATS. Lines still arrive in the queue."
    )
    expect(healthText(seen, "enricher")).toBe("stands still: It cannot be checked: no connection to NATS.")
    expect(seen.troubles).toEqual(["The actors cannot be checked: no connection to NATS."])
    const claiming = yield* after(view, 3, (second) => {
      ledger = { ...nothingYet, taken: second, inFlight: second }
    })
    expect(healthText(claiming, "enricher")).toBe(
      "stands still: It cannot be checked: no connection to NATS."
    )
    const flowing = yield* after(view, 3, (second) => {
      const stored = {
        topic: Topic.make("events"),
        received: second,
        stored: second,
        dead: 0,
        replayed: 0,
        discarded: 0
      }
      ledger = { ...nothingYet, taken: 3 + second, topics: [stored] }
    })
    expect(healthText(flowing, "enricher")).toBe(
      "flows: It cannot be checked: no connection to NATS. Lines still leave the queue."
    )
  })
)
