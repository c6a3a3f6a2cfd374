/** 62: a reactor has committed matches and is killed before it commits its offset: no event matches twice. */
import { atRandomMoments, eventually, faultCase, prove } from "../case.ts"
import { asAdmin } from "../kafka-admin.ts"
import { requestsIn } from "../kafka-requests.ts"
import { callRule } from "../reactions/rules.ts"
import { reactionsOf, withReactions } from "../reactions/start.ts"
import type { World } from "../world.ts"

/** Number of matches beyond the reactor's committed offsets: its rule matches every event. */
const ahead = async (world: World): Promise<number> => {
  const topics = [world.topic, world.otherTopic]
  const committed = await asAdmin(world, (admin) => admin.fetchOffsets({ groupId: "spoor-reactor", topics }))
  const records = committed
    .flatMap(({ partitions }) => partitions)
    .reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0)
  return (await matched(world)) - records
}

const matched = async (world: World): Promise<number> => {
  const { rules } = await reactionsOf(world).watch.ledger()
  return rules.find(({ rule }) => rule === "tell-all")?.matched ?? 0
}

export default faultCase({
  number: "62",
  name: "reactor killed after its commit, before that of its offset",
  short: true,
  requires: withReactions(
    { targets: ["shop"], rules: [callRule("tell-all", "shop", [0, 39])] },
    { through: { kafka: ["reactor"] } }
  ),
  expects: { duplicates: 0 },
  fault: async (world, random) => {
    const reactor = world.actor("reactor")
    let uncommitted = 0
    await atRandomMoments(world, random, async () => {
      await reactor.up()
      // A process commits where it begins, too: only later commits follow matches.
      const before = await matched(world)
      await eventually("the process matches events", async () => (await matched(world)) > before, 60_000)
      await world.proxy("kafka").cutBefore((data) => requestsIn(data, "commit").length > 0)
      await reactor.kill()
      uncommitted += Math.max(0, await ahead(world))
    })
    prove(uncommitted > 0, "no kill came between a commit of matches and that of the offset")
    return `killed ${reactor.counts.killed} times with ${uncommitted} matches committed whose offsets were not`
  }
})
