/** Work that waits for an operator, or a batch stuck for a minute, is never reported as flowing, even while other work is done. */
import { expect } from "bun:test"
import { Effect } from "effect"
import { makeInProcess } from "../../../../bridge/message-bus/in-process.ts"
import type { MessageBus } from "../../../../bridge/message-bus/service.ts"
import { go, healthText, monitorOf, nothingYet, playFlow, playQueue } from "./playing.ts"
import { after, check, sharedBus } from "./time.ts"

const waits = "Nothing is stored in the topic audit until somebody acts: Spoor may not write to it."

type Flow = Effect.Success<ReturnType<typeof playFlow>>

/** One message succeeds on each actor. */
const advance = (flow: Flow): void => {
  for (const one of [flow.gateway, flow.drainer, flow.enricher, flow.bridge]) go(one, "succeeded", 100)
}

const suite = (how: string, makeBus: () => MessageBus["Service"]): void => {
  check(
    `a refused topic is named by bridge and log, while all other stages are flowing (${how})`,
    Effect.gen(function* () {
      const bus = makeBus()
      const flow = yield* playFlow(bus)
      const view = yield* monitorOf(bus)
      const well = yield* after(view, 4, () => advance(flow))
      expect(well.sentence).toBe("Everything is flowing.")

      const refusing = { systems: {}, seams: { log: "ok" }, refusals: { log: waits } }
      flow.bridge.figures = { ...flow.bridge.figures, ...refusing }
      flow.counter.figures = { ...flow.counter.figures, ...refusing }
      const seen = yield* after(view, 4, () => advance(flow))
      expect(healthText(seen, "bridge")).toBe(`stands still: ${waits}`)
      expect(healthText(seen, "log")).toBe(`stands still: ${waits}`)
      expect(healthText(seen, "drainer")).toBe("flows")
      expect(healthText(seen, "event-counter")).toStartWith("idle")
      expect(seen).toMatchObject({
        condition: "stands still",
        sentence: `The bridge is stalled: ${waits} Also affected: log.`
      })

      const { refusals: _, ...mended } = flow.bridge.figures
      flow.bridge.figures = mended
      expect((yield* after(view, 4, () => advance(flow))).sentence).toBe("Everything is flowing.")
    })
  )

  check(
    `a batch that has been tried for a minute stalls the queue (${how})`,
    Effect.gen(function* () {
      const bus = makeBus()
      const flow = yield* playFlow(bus)
      let age: number | undefined = 59_000
      let taken = 0
      const ledger = Effect.sync(() => {
        taken += 100
        return { ...nothingYet, taken, inFlight: 51, oldestInFlight: age }
      })
      const view = yield* monitorOf(bus, [playQueue(ledger)])
      expect((yield* after(view, 4, () => advance(flow))).sentence).toBe("Everything is flowing.")
      age = 180_000
      const seen = yield* after(view, 4, () => advance(flow))
      const stuck =
        "51 lines are in flight, among them a batch that has been tried for 3 min and is not stored."
      expect(healthText(seen, "queue")).toBe(`stands still: ${stuck}`)
      expect(seen).toMatchObject({ condition: "stands still", sentence: `The queue is stalled: ${stuck}` })

      flow.bridge.figures = { ...flow.bridge.figures, refusals: { log: waits } }
      const named = yield* after(view, 4, () => advance(flow))
      expect(named.sentence).toBe(`The queue is stalled: ${stuck} ${waits} Also affected: bridge and log.`)

      age = undefined
      flow.bridge.figures = { events: flow.bridge.figures.events }
      expect((yield* after(view, 4, () => advance(flow))).sentence).toBe("Everything is flowing.")
    })
  )
}

suite("on a shared bus", sharedBus)
suite("within one process", makeInProcess)
