/**
 * 26: the message limit of NATS is lowered at run time. NATS announces it to clients only when they connect
 * (nats-server#4200), so each may be reset once, by the first message over the new limit; after that everything is sent in
 * smaller parts. An event over the limit waits, without using an attempt, until the limit is raised.
 */
import { eventually, faultCase, pause, prove } from "../case.ts"
import { lineOfSize, pushThrough } from "../extra-lines.ts"

const kilobyte = 1024
/** The actors that send large messages. */
const senders = ["drainer", "enricher", "bridge"]

export default faultCase({
  number: "26",
  name: "NATS takes smaller messages from one moment to the next",
  requires: { natsConfiguration: "max_payload: 1MB" },
  fault: async (world) => {
    await pushThrough(world, 1_024 * kilobyte, 30 * kilobyte)
    const losses = (name: string): number =>
      world.actor(name).output().split("The connection to NATS at ").length - 1
    const resets: Array<number> = []
    for (const limit of [128, 64]) {
      const before = senders.map(losses)
      await world.nats.reload(`max_payload: ${limit}KB`)
      for (let i = 0; i < 3; i++) await pushThrough(world, 2_048 * kilobyte, 30 * kilobyte)
      const each = senders.map((name, i) => losses(name) - (before[i] ?? 0))
      prove(Math.max(...each) <= 1, `at ${limit} KB ${senders} were reset ${each} times`)
      resets.push(each.reduce((sum, count) => sum + count, 0))
    }
    prove(Math.max(...resets) > 0, "no actor sent a message over the new limits")
    await world.load.push(1, lineOfSize(100 * kilobyte))
    await pause(8_000)
    const claimed = await world.queue.claimed()
    await pause(4_000)
    const later = await world.queue.claimed()
    const waits = claimed.filter((batch) => later.includes(batch))
    const { deadLetters } = await world.queue.depth()
    const used = Array.from((await world.queue.attempts()).values(), (attempt) => attempt.used)
    prove(waits.length > 0, "the event over the current limit does not wait")
    prove(deadLetters === 0 && used.every((count) => count === 0), `attempts ${used}, dead ${deadLetters}`)
    await world.nats.kill()
    await world.nats.start("max_payload: 1MB")
    await eventually(
      "the waiting event is stored",
      async () => {
        const left = await world.queue.claimed()
        return !waits.some((batch) => left.includes(batch))
      },
      120_000
    )
    return `from 1 MB to 128 KB and to 64 KB: ${resets.join(" and ")} connections were reset once, none again; an event of 100 KB waited without using an attempt until the limit was raised`
  }
})
