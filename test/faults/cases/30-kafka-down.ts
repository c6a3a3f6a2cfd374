/** 30: Kafka is down for minutes. Only Redis grows; clients see no error; all is drained when Kafka is back. */
import { eventually, faultCase, pause, prove } from "../case.ts"

/** Outage per moment, milliseconds: 2 minutes in a full run. */
const outagePerMomentMs = 6_000

export default faultCase({
  number: "30",
  name: "Kafka stopped for minutes",
  requires: { kafka: "own" },
  fault: async (world) => {
    const [broker] = world.kafka
    await broker?.stop()
    await eventually(
      "the lost connection is noticed",
      () => world.actor("drainer").output().includes("batch released"),
      60_000
    )
    const acknowledged = (): number => world.load.sent.count("acknowledged")
    const before = acknowledged()
    const outageMs = outagePerMomentMs * Math.min(20, world.moments)
    await pause(outageMs)
    const kept = acknowledged() - before
    const { deadLetters } = await world.queue.depth()
    const attempts = [...(await world.queue.attempts()).values()].reduce((sum, { used }) => sum + used, 0)
    await broker?.start()
    prove(kept > 0, "no event was acknowledged while Kafka was down")
    prove(deadLetters === 0, `${deadLetters} dead letters were written`)
    prove(attempts === 0, `${attempts} attempts were used up by an outage`)
    return `${kept} events were acknowledged and stayed in Redis in ${outageMs / 1000} s without Kafka; no attempt was used up`
  }
})
