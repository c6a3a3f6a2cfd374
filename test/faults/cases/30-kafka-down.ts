/** 30: Kafka is away for minutes. Redis grows and nothing else; clients notice nothing; when it is back all drains. */
import { eventually, faultCase, pause, prove } from "../case.ts"

/** Per moment: 2 minutes in a full run. Milliseconds. */
const step = 6_000

export default faultCase({
  number: "30",
  name: "Kafka stopped for minutes",
  requires: { kafka: "own" },
  fault: async (world) => {
    const [broker] = world.kafka
    await broker?.stop()
    await eventually(
      "the loss is noticed",
      () => world.actor("drainer").output().includes("batch released"),
      60_000
    )
    const acknowledged = (): number => world.load.sent.count("acknowledged")
    const before = acknowledged()
    const downFor = step * Math.min(20, world.moments)
    await pause(downFor)
    const kept = acknowledged() - before
    const { deadLetters } = await world.queue.depth()
    const attempts = [...(await world.queue.attempts()).values()].reduce((sum, { used }) => sum + used, 0)
    await broker?.start()
    prove(kept > 0, "no event was acknowledged while Kafka was away")
    prove(deadLetters === 0, `${deadLetters} dead letters were written`)
    prove(attempts === 0, `${attempts} attempts were used up by an outage`)
    return `${kept} events were acknowledged and stayed in Redis in ${downFor / 1000} s without Kafka, no attempt was used up`
  }
})
