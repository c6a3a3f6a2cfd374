/**
 * 32: a topic accepts requests of at most 64 KiB. Batches are sent in parts that fit; a single event over the limit is
 * dead-lettered, and no other event with it.
 */
import { eventually, faultCase, prove } from "../case.ts"
import { setTopics } from "../kafka-admin.ts"
import { requestsIn } from "../kafka-requests.ts"

const limit = 64 * 1024
const [oversize, largest] = [limit + 1_000, limit - 2_000]

/** A line whose record, with the overhead of its batch, is below or above the limit, depending on `size`. */
const lineOf = (n: number, size: number): Buffer =>
  Buffer.from(`8.8.8.8 1795206900000 h 10.0.0.1 /t/large id=${n}&fill=${"x".repeat(size)} agent`)

export default faultCase({
  number: "32",
  name: "a topic that takes 64 KiB at most; single events larger than that",
  requires: {
    through: { kafka: ["bridge"] },
    // With compression everything would fit.
    settings: { KAFKA_COMPRESSION: "none" }
  },
  fault: async (world) => {
    await setTopics(world, [world.topic, world.otherTopic], { "max.message.bytes": String(limit) })
    let tooLarge = 0
    world.proxy("kafka").intercept(({ direction, data }) => {
      if (direction === "up") tooLarge += requestsIn(data, "produce").filter((size) => size > limit).length
      return "pass"
    })
    await world.group("drainer").scale(0)
    await eventually("many lines wait", async () => (await world.queue.depth()).waiting > 2_000, 60_000)
    const { moments } = world
    await world.load.push(moments, (n) => lineOf(n, oversize), "too large")
    await world.load.push(moments, (n) => lineOf(n, largest))
    await world.group("drainer").scale(1)
    await eventually(
      "the events over the limit are dead-lettered",
      async () => (await world.queue.depth()).deadLetters >= moments,
      120_000
    )
    prove(tooLarge > moments, "no batch was over the limit of the topic")
    return `Kafka was sent ${tooLarge} requests of more than ${limit} bytes; ${moments} single events were over the limit, and as many just fitted`
  }
})
