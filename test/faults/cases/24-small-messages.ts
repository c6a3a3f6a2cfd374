/** 24: the same on a NATS server with a message limit of 64 KB: every batch is larger and is sent in parts. */
import { faultCase, prove } from "../case.ts"
import { pushThrough } from "../extra-lines.ts"
import { natsFigures } from "../nats-figures.ts"

const kilobyte = 1024

export default faultCase({
  number: "24",
  name: "2 MB of large events, NATS takes 64 KB at a time",
  requires: { natsConfiguration: "max_payload: 64KB" },
  expects: { duplicates: 0 },
  fault: async (world) => {
    const before = await natsFigures(world)
    for (const size of [1, 10, 60]) await pushThrough(world, 2_048 * kilobyte, size * kilobyte)
    const { connections, messages } = await natsFigures(world)
    const resets = connections - before.connections
    prove(resets === 0, `${resets} connections were reset`)
    return `2 MB were stored in events of 1, 10 and 60 KB each, in ${messages - before.messages} messages of at most 64 KB; no connection was reset`
  }
})
