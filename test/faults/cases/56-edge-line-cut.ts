/**
 * 56: an embedded edge without a line to its centre, and killed meanwhile. It answers events with 200 all the time that it
 * runs, and forwards them, oldest first, when there is a line.
 */
import { atRandomMoments, eventually, faultCase, pause, prove } from "../case.ts"
import { edgeQueue, edgeWorld, settled } from "../embedded-edge.ts"

export default faultCase({
  number: "56",
  name: "an embedded edge without a line, killed (SIGKILL) meanwhile",
  short: true,
  requires: edgeWorld,
  expects: { answers: ["reset", "refused"], duplicates: 0 },
  fault: async (world, random) => {
    const edge = world.actor("gateway")
    const line = world.proxy("nats")
    let most = 0
    await atRandomMoments(world, random, async () => {
      await edge.up()
      line.refuse()
      line.cut()
      await pause(random.whole(500, 2_000))
      await edge.kill()
      await edge.up()
      await pause(random.whole(500, 2_000))
      most = Math.max(most, edgeQueue(world).waiting)
      await line.accept()
      await eventually(
        "the edge has forwarded its backlog",
        () => edgeQueue(world).waiting < world.load.rate / 2,
        60_000
      )
    })
    await settled(world)
    prove(most > 0, "no line waited at the edge")
    return `${world.moments} times without a line and killed; up to ${most} lines waited at the edge`
  },
  afterwards: async (world) => {
    await eventually("the edge has forwarded everything", () => edgeQueue(world).waiting === 0)
    const { forwarded, deadLetters } = edgeQueue(world)
    prove(deadLetters === 0, `${deadLetters} dead letters at the edge`)
    return `${forwarded} lines were forwarded, no dead letter at the edge`
  }
})
