/**
 * How the cost of an event scales with the backlog, the instances of the actors, the variety of events, the size of batches
 * and the number of live viewers. Each series is compared with its first value.
 */
import type { Bench } from "./bench.ts"
import { withCluster } from "./cluster.ts"
import { backlog } from "./scale/backlog.ts"
import { batches } from "./scale/batches.ts"
import { copies } from "./scale/copies.ts"
import { columns, type Part } from "./scale/part.ts"
import { variety } from "./scale/variety.ts"
import { viewers } from "./scale/viewers.ts"

export const scale: Bench = {
  name: "scale",
  about: "events/s and processor time of an event by backlog, copies, variety, batch size and viewers",
  run: async (options) => {
    const found = await withCluster(async (cluster) => {
      const parts: Array<Part> = []
      for (const part of [backlog, copies, variety, batches, viewers])
        parts.push(await part(cluster, options))
      return parts
    })
    return {
      table: { columns, rows: found.flatMap(({ rows }) => rows) },
      targets: found.flatMap(({ targets }) => targets),
      plots: found.flatMap(({ plots = [] }) => plots),
      notes: [
        `${options.rounds} rounds; drainer, enricher and bridge are a process each; processor time is that of all of them, Redis, NATS and Kafka left out; each process has handled 300,000 events before. Batches: the next lines come when those before are claimed, so looking for them is part of the cost. Clients watch 1,000 events/s.`
      ]
    }
  }
}
