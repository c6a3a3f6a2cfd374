/**
 * 19: NATS is killed and comes back. This is also the example of how to write a case (case.ts explains): hurt the world
 * while load runs, wait for the fact that shows that it hurt, repair it, return what was seen.
 */
import { eventually, faultCase, pause, prove } from "../case.ts"

export default faultCase({
  number: "19",
  name: "NATS server killed and started again",
  short: true,
  fault: async (world) => {
    await world.nats.kill()
    await eventually("the loss is noticed", () => world.actor("drainer").output().includes("batch released"))
    await pause(2_000)
    const { waiting } = await world.queue.depth()
    const attempts = await world.queue.attempts()
    const used = [...attempts.values()].reduce((sum, attempt) => sum + attempt.used, 0)
    await world.nats.start()

    prove(waiting > 0, "nothing piled up in Redis while NATS was away")
    prove(used === 0, `${used} attempts were used up by an outage`)
    return `${waiting} lines piled up in Redis while NATS was away, no attempt was used up`
  }
})
