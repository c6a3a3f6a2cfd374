/**
 * 17: rolling restart of enrichers and bridges: each copy gets SIGTERM and is replaced while another serves. It replies
 * to all its requests before it ends, so no request times out and nothing is stored twice.
 */
import { atRandomMoments, faultCase, prove } from "../case.ts"
import { releasedBatches } from "../released-batches.ts"

export default faultCase({
  number: "17",
  name: "enrichers and bridges roll (SIGTERM), one after the other",
  requires: {
    actors: { bridge: 2, enricher: 2, drainer: 1, "event-counter": 1, "metadata-counter": 1, gateway: 1 }
  },
  expects: { duplicates: 0 },
  fault: async (world, random) => {
    const copies = [...world.group("enricher").copies(), ...world.group("bridge").copies()]
    const codes: Array<number | null> = []
    await atRandomMoments(world, random, async (round) => {
      const copy = copies[round % copies.length]
      if (copy === undefined) return
      codes.push(await copy.restart())
      await copy.up()
    })
    prove(
      codes.every((code) => code === 0),
      `processes ended with exit codes ${codes}`
    )
    return `${codes.length} copies ended with exit code 0 and were replaced`
  },
  afterwards: (world) => {
    const released = releasedBatches(world)
    const reasons = released.map(({ reason, message }) => `${reason}: ${message}`)
    prove(
      released.length === 0,
      `${released.length} batches were released: ${reasons.slice(0, 3).join("; ")}`
    )
    return "no batch was released"
  }
})
