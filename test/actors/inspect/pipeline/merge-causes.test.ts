/** A dead system is named once as the cause, although two checks reported it with different counts. */
import { expect, test } from "bun:test"
import { makeView } from "../../../../actors/inspect/pipeline/make-view.ts"

test("two errors of one bus that differ by a count are one cause", () => {
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
    bus: { isAnswering: false, trouble: trouble(57), embedded: false },
    own: {
      seams: { bus: trouble(56) },
      systems: { bus: { kind: "nats", embedded: false, address: "nats:4222" } }
    },
    troubles: [`The actors cannot be checked: ${trouble(57)}`]
  })
  expect(view.sentence).toBe(
    `The bus cannot be reached: ${trouble(56)} Affected: drainer, enricher and bridge.`
  )
  expect(view.stages.find(({ name }) => name === "enricher")?.sentence).toBe(
    "It cannot be checked: the bus cannot be reached."
  )
  expect(view.troubles).toEqual(["The actors cannot be checked: the bus cannot be reached."])
})
