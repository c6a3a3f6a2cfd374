/** One dead system is told once as the cause, though it was looked at twice and the words differ by a count. */
import { expect, test } from "bun:test"
import { makeView } from "../../../../actors/inspect/pipeline/make-view.ts"

test("a bus that two looks tell with other counts is one cause", () => {
  const trouble = (times: number) =>
    `NATS at nats:4222 is not connected: connect ECONNREFUSED nats:4222 (${times} times).`
  const view = makeView({
    at: 60_000,
    wall: 60_000,
    instances: [],
    summary: () => "",
    groups: new Map(),
    gone: new Map(),
    queues: [],
    bus: { isAsked: false, trouble: trouble(57), embedded: false },
    own: {
      seams: { bus: trouble(56) },
      systems: { bus: { kind: "nats", embedded: false, address: "nats:4222" } }
    },
    troubles: [`The actors cannot be asked: ${trouble(57)}`]
  })
  expect(view.sentence).toBe(
    `The bus cannot be reached: ${trouble(56)} Not well therefore: drainer, enricher and bridge.`
  )
  expect(view.stages.find(({ name }) => name === "enricher")?.sentence).toBe(
    "It cannot be asked: the bus cannot be reached."
  )
  expect(view.troubles).toEqual(["The actors cannot be asked: the bus cannot be reached."])
})
