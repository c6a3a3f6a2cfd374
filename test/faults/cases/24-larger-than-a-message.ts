/**
 * 24: batches larger than the default message limit of NATS are sent in parts. One message over the limit would reset the
 * connection and lose everything else in flight on it, so no connection may be reset. An event that exceeds every message
 * limit becomes a dead letter.
 */
import { eventually, faultCase, prove } from "../case.ts"
import { lineOfSize, pushThrough } from "../extra-lines.ts"
import { natsFigures } from "../nats-figures.ts"

const kilobyte = 1024

export default faultCase({
  number: "24",
  name: "2 MB of large events, and one larger than any message",
  expects: { duplicates: 0 },
  fault: async (world) => {
    const { connections } = await natsFigures(world)
    for (const size of [10, 250, 400]) await pushThrough(world, 2_048 * kilobyte, size * kilobyte)
    await world.load.push(1, lineOfSize(600 * kilobyte), "too large")
    await eventually(
      "the event over the message limit is dead-lettered",
      async () => (await world.queue.depth()).deadLetters === 1,
      60_000
    )
    const resets = (await natsFigures(world)).connections - connections
    prove(resets === 0, `${resets} connections were reset`)
    return "2 MB were stored in events of 10, 250 and 400 KB each, no connection was reset, and one event of 600 KB was dead-lettered"
  }
})
