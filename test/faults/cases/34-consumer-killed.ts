/** 34: a consumer has counted records and is killed before it commits its offset: it reads them again and counts none twice. */
import { atRandomMoments, eventually, faultCase, prove } from "../case.ts"
import { asAdmin } from "../kafka-admin.ts"
import { requestsIn } from "../kafka-requests.ts"
import type { World } from "../world.ts"

const name = "event-counter"

/** Number of records that the consumer has counted beyond its committed offsets. */
const ahead = async (world: World): Promise<number> => {
  const fences = await world.queue.redis.hgetall(`{spoor:${name}}:offsets`)
  const committed = await asAdmin(world, (admin) =>
    admin.fetchOffsets({ groupId: name, topics: [world.topic] })
  )
  return (committed[0]?.partitions ?? []).reduce((sum, { partition, offset }) => {
    const fence = Object.entries(fences).find(
      ([place]) => place.includes(world.topic) && isOf(place, partition)
    )
    return sum + Math.max(0, Number(fence?.[1] ?? 0) - Math.max(0, Number(offset)))
  }, 0)
}

const isOf = (place: string, partition: number): boolean => place.split(/\D+/).includes(String(partition))

export default faultCase({
  number: "34",
  name: "consumer killed after its effect, before its commit",
  requires: { through: { kafka: [name] } },
  fault: async (world, random) => {
    const consumer = world.actor(name)
    let uncommitted = 0
    await atRandomMoments(world, random, async () => {
      await consumer.up()
      // A new member waits until the group has noticed the end of the previous one.
      await world.proxy("kafka").cutBefore((data) => requestsIn(data, "commit").length > 0)
      await consumer.kill()
      uncommitted += await ahead(world)
    })
    prove(uncommitted > 0, "no kill came between an effect and its commit")
    const repeated = await eventually(
      "uncommitted records are read again",
      async () => {
        const text = await (await fetch(new URL("/metrics", consumer.address("health")))).text()
        const line = text.split("\n").find((one) => one.includes(name) && one.includes('outcome="repeated"'))
        return line !== undefined && Number(line.split(" ").at(-1))
      },
      60_000
    )
    return `killed ${consumer.counts.killed} times with ${uncommitted} records counted and not committed; the last process read ${repeated} of them again`
  }
})
