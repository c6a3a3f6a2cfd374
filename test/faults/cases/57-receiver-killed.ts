/**
 * 57: the receiver of the centre is killed, and the centre's Redis is killed and started again, while an embedded edge
 * pushes. A push whose answer is lost is repeated under its id, and adds nothing.
 */
import { atRandomMoments, eventually, faultCase, pause, prove } from "../case.ts"
import { edgeQueue, edgeWorld, forwarded } from "../embedded-edge.ts"

export default faultCase({
  number: "57",
  name: "the centre's receiver and Redis killed (SIGKILL) while an edge pushes",
  short: true,
  requires: { ...edgeWorld, settings: { QUEUE_CONFIRM: "disk" } },
  // Trackers, which push to the centre's Redis, repeat what had no answer; the edge does not.
  expects: { twins: true },
  fault: async (world, random) => {
    const receiver = world.actor("receiver")
    const failures = (): number =>
      world
        .actor("gateway")
        .output()
        .match(/the centre does not take lines/g)?.length ?? 0
    await atRandomMoments(world, random, async (round) => {
      await receiver.up()
      if (round % 2 === 0) {
        // Pushes that it has read and not answered: the edge waits 10 s for each reply before it repeats the push.
        receiver.freeze()
        await pause(300)
        return receiver.kill()
      }
      const before = failures()
      await world.redis.kill()
      await pause(random.whole(100, 1_000))
      await eventually("a push of the edge failed", () => failures() > before)
      await world.redis.start()
      await eventually("Redis responds again", () =>
        world.passLeases().then(
          () => true,
          () => false
        )
      )
    })
    // The centre is drained long before the last of these pushes is repeated.
    await forwarded(world, edgeQueue(world).batches)
    const failed = failures()
    prove(failed > 0, "no push failed")
    return `receiver killed ${receiver.counts.killed} times, Redis ${Math.floor(world.moments / 2)} times; ${failed} pushes were repeated`
  },
  afterwards: async (world) => {
    await eventually("the edge has forwarded everything", () => edgeQueue(world).waiting === 0)
    const ids = await world.queue.redis.keys("*:pushed:*")
    const { forwarded: lines, deadLetters } = edgeQueue(world)
    const pushed = Number(await world.queue.redis.hget(`{${world.queueKey}}:ledger`, "pushed"))
    prove(pushed === lines, `the edge forwarded ${lines} lines, and the centre counts ${pushed} pushed`)
    prove(deadLetters === 0, `${deadLetters} dead letters at the edge`)
    return `the edge forwarded ${lines} lines in ${ids.length} pushes, and the ledger of the centre counts exactly these as pushed`
  }
})
