/**
 * 29, a trap of idempotent producers: Kafka stores a batch, and the responses to all its sends are lost; then the next
 * batch, with as many records, is sent. If the producer kept its sequence numbers, Kafka would take the new batch for the
 * old one and confirm it without storing it. Therefore: equal batches, every response lost for a while, all must be stored.
 */
import { eventually, faultCase, pause, prove } from "../case.ts"
import { requestsIn } from "../kafka-requests.ts"

const lossMs = 20_000
const [batches, size] = [8, 1_000]

export default faultCase({
  number: "29",
  name: "batches of one size, stored by Kafka, all answers lost for 20 s",
  requires: { kafka: "three", through: { kafka: ["bridge"] } },
  fault: async (world) => {
    const { sent } = world.load
    await world.group("drainer").scale(0)
    for (let batch = 0; batch < batches; batch++) {
      const lines = Array.from({ length: size }, () => {
        const n = sent.issue()
        const line = Buffer.from(`8.8.8.8 1795206900000 h 10.0.0.1 /t/equal id=${n}&batch=${batch} agent`)
        sent.extra.set(n, { line, dead: undefined })
        return { n, line }
      })
      // One push: the lines are adjacent, so that whole claims consist of them.
      await world.queue.redis.rpush(world.queueKey, ...lines.map(({ line }) => line))
      for (const { n } of lines) sent.settle(n, "acknowledged")
    }

    let lost = 0
    const rules = world.kafka.map((_, place) => {
      const pending = new Set<number>()
      return world.proxy("kafka", place).intercept(({ direction, data, connection }) => {
        if (direction === "up") {
          if (requestsIn(data, "produce").length > 0) pending.add(connection)
          return "pass"
        }
        if (!pending.delete(connection)) return "pass"
        lost += 1
        return "cut"
      })
    })
    await world.group("drainer").scale(1)
    const failed = /"reason":"timeout"/g
    await eventually(
      "a batch whose responses were all lost was released",
      () => failed.test(world.group("drainer").output()),
      60_000
    )
    await pause(lossMs)
    const attempts = [...(await world.queue.attempts()).values()].reduce((sum, { used }) => sum + used, 0)
    for (const remove of rules) remove()
    prove(attempts === 0, `${attempts} attempts were used up`)
    return `${lost} responses to stored batches were lost, until the sends timed out`
  },
  afterwards: (_, { duplicates }) => {
    prove(duplicates >= size, "nothing is in Kafka twice, so no response to a stored batch was lost")
    return `${duplicates} records are in Kafka again, none is missing`
  }
})
