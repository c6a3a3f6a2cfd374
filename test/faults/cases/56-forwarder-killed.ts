/**
 * 56: an embedded edge loses power (SIGKILL of its only process) just before a push reaches the centre, and just after the
 * centre has answered. Its queue is in a file: every acknowledged event is stored, and none twice.
 */
import { atRandomMoments, eventually, faultCase, prove } from "../case.ts"
import { edgeQueue, edgeWorld, settled } from "../embedded-edge.ts"
import type { Chunk } from "../tcp-proxy.ts"

const isPush = ({ direction, data }: Chunk): boolean =>
  direction === "up" && data.includes("HPUB spoor.push ")
const isAnswer = ({ direction, data }: Chunk): boolean =>
  direction === "down" && data.includes("\xa6pushed", 0, "latin1")

export default faultCase({
  number: "56",
  name: "an embedded edge killed (SIGKILL) before and after the centre's answer",
  requires: edgeWorld,
  expects: { answers: ["reset", "refused"], duplicates: 0 },
  fault: async (world, random) => {
    const edge = world.actor("gateway")
    const killed = { before: 0, after: 0 }
    await atRandomMoments(world, random, async (round) => {
      await edge.up()
      const when = round % 2 === 0 ? "after" : "before"
      const isMoment = when === "after" ? isAnswer : isPush
      const lost = new Promise<void>((resolve) => {
        const remove = world.proxy("nats").intercept((chunk) => {
          if (!isMoment(chunk)) return "pass"
          remove()
          resolve()
          return "cut"
        })
      })
      await lost
      await edge.kill()
      killed[when] += 1
    })
    await edge.up()
    await settled(world)
    prove(killed.after > 0 && killed.before > 0, "the edge was not killed before and after an answer")
    return `killed ${killed.before} times before a push arrived and ${killed.after} times after the centre had answered`
  },
  afterwards: async (world) => {
    await eventually("the edge has forwarded everything", () => edgeQueue(world).waiting === 0)
    const { forwarded, deadLetters } = edgeQueue(world)
    prove(deadLetters === 0, `${deadLetters} dead letters at the edge`)
    return `${forwarded} lines were forwarded, no dead letter at the edge`
  }
})
