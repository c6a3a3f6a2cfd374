/** What waits until somebody acts, or does not get through for a minute, is never told as flowing, whatever else flows. */
import { expect } from "bun:test"
import { Effect } from "effect"
import { makeInProcess } from "../../../../bridge/message-bus/in-process.ts"
import type { MessageBus } from "../../../../bridge/message-bus/service.ts"
import { go, nothingYet, playFlow, playQueue, told, watchOver } from "./playing.ts"
import { after, check, sharedBus } from "./time.ts"

const waits = "Nothing is stored in the topic audit until somebody acts: Spoor may not write to it."

type Flow = Effect.Success<ReturnType<typeof playFlow>>

/** Everything goes on, for everybody. */
const goOn = (flow: Flow): void => {
  for (const one of [flow.gateway, flow.drainer, flow.enricher, flow.bridge]) go(one, "succeeded", 100)
}

const suite = (how: string, makeBus: () => MessageBus["Service"]): void => {
  check(
    `a topic that waits is named by bridge and log, while all else flows (${how})`,
    Effect.gen(function* () {
      const bus = makeBus()
      const flow = yield* playFlow(bus)
      const view = yield* watchOver(bus)
      const well = yield* after(view, 4, () => goOn(flow))
      expect(well.sentence).toBe("Everything flows.")

      const refusing = { systems: {}, seams: { log: "ok" }, refusals: { log: waits } }
      flow.bridge.figures = { ...flow.bridge.figures, ...refusing }
      flow.counter.figures = { ...flow.counter.figures, ...refusing }
      const seen = yield* after(view, 4, () => goOn(flow))
      expect(told(seen, "bridge")).toBe(`stands still: ${waits}`)
      expect(told(seen, "log")).toBe(`stands still: ${waits}`)
      expect(told(seen, "drainer")).toBe("flows")
      expect(told(seen, "event-counter")).toStartWith("idle")
      expect(seen).toMatchObject({
        condition: "stands still",
        sentence: `The bridge stands still: ${waits} Not well either: log.`
      })

      const { refusals: _, ...mended } = flow.bridge.figures
      flow.bridge.figures = mended
      expect((yield* after(view, 4, () => goOn(flow))).sentence).toBe("Everything flows.")
    })
  )

  check(
    `a batch that has been tried for a minute does not flow (${how})`,
    Effect.gen(function* () {
      const bus = makeBus()
      const flow = yield* playFlow(bus)
      let age: number | undefined = 59_000
      let taken = 0
      const ledger = Effect.sync(() => {
        taken += 100
        return { ...nothingYet, taken, inFlight: 51, oldestInFlight: age }
      })
      const view = yield* watchOver(bus, [playQueue(ledger)])
      expect((yield* after(view, 4, () => goOn(flow))).sentence).toBe("Everything flows.")
      age = 180_000
      const seen = yield* after(view, 4, () => goOn(flow))
      const stuck =
        "51 lines are in flight, of these a batch that has been tried for 3 min and is not stored."
      expect(told(seen, "queue")).toBe(`stands still: ${stuck}`)
      expect(seen).toMatchObject({ condition: "stands still", sentence: `The queue stands still: ${stuck}` })

      flow.bridge.figures = { ...flow.bridge.figures, refusals: { log: waits } }
      const named = yield* after(view, 4, () => goOn(flow))
      expect(named.sentence).toBe(
        `The queue stands still: ${stuck} ${waits} Not well either: bridge and log.`
      )

      age = undefined
      flow.bridge.figures = { events: flow.bridge.figures.events }
      expect((yield* after(view, 4, () => goOn(flow))).sentence).toBe("Everything flows.")
    })
  )
}

suite("over a bus that others share", sharedBus)
suite("within one process", makeInProcess)
