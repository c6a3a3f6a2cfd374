/**
 * 19: NATS is killed and restarted. Also the example of a case (explained in case.ts): break a system while load runs,
 * wait for evidence of the fault, repair the system, return the proof.
 */
import { eventually, faultCase, pause, prove } from "../case.ts"

export default faultCase({
  number: "19",
  name: "NATS server killed and started again",
  short: true,
  fault: async (world) => {
    await world.nats.kill()
    await eventually("the lost connection is noticed", () =>
      world.actor("drainer").output().includes("batch released")
    )
    await pause(2_000)
    const { waiting } = await world.queue.depth()
    const attempts = await world.queue.attempts()
    const used = [...attempts.values()].reduce((sum, attempt) => sum + attempt.used, 0)
    await world.nats.start()

    prove(waiting > 0, "nothing piled up in Redis while NATS was down")
    prove(used === 0, `${used} attempts were used up by an outage`)
    return `${waiting} lines piled up in Redis while NATS was down, no attempt was used up`
  }
})
