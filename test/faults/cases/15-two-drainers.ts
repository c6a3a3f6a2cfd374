/** 15: two drainers on one queue, without a fault: each event is claimed, sent and stored exactly once. */
import { figure } from "../../support/figures.ts"
import { eventually, faultCase } from "../case.ts"

const handled = 'spoor_actor_events_total{actor="drainer",outcome="succeeded"}'

export default faultCase({
  number: "15",
  name: "two drainers on one queue, without a fault",
  requires: {
    actors: { bridge: 1, enricher: 1, drainer: 2, "event-counter": 1, "metadata-counter": 1, gateway: 1 }
  },
  expects: { duplicates: 0 },
  fault: async (world) => {
    const shares = await eventually("both drainers have worked", async () => {
      const counts = await Promise.all(
        world
          .group("drainer")
          .copies()
          .map((copy) => figure(copy, handled))
      )
      return counts.every((count) => count >= 100) && counts
    })
    return `they shared the work (${shares.join(" and ")} events at this time) and stored none twice`
  }
})
