/**
 * 54: the line between a site and its centre is cut, again and again, under load. The site goes on taking events; while the
 * line is away requests fail at once, no attempt is used up, and everything is stored when it is back.
 */
import { atRandomMoments, eventually, faultCase, pause, prove } from "../case.ts"

/** How long the line is away, milliseconds; in a full run up to minutes. */
const outageMs = (moments: number): readonly [number, number] =>
  moments < 10 ? [2_000, 10_000] : [5_000, 120_000]

export default faultCase({
  number: "54",
  name: "the line of a leaf site is cut",
  requires: { site: true },
  fault: async (world, random) => {
    const line = world.proxy("line")
    const [shortest, longest] = outageMs(world.moments)
    let away = 0
    let most = 0
    await atRandomMoments(world, random, async () => {
      const began = performance.now()
      line.refuse()
      line.cut()
      await pause(random.whole(shortest, longest))
      most = Math.max(most, (await world.queue.depth()).waiting)
      away += performance.now() - began
      const left = new Set(await world.queue.claimed())
      await line.accept()
      // A batch that was in flight waits for its answer, and is then tried alone. The next outage begins afterwards.
      await eventually(
        "batches are stored again",
        async () => {
          const [claimed, depth] = await Promise.all([world.queue.claimed(), world.queue.depth()])
          return depth.waiting < world.load.rate && !claimed.some((batch) => left.has(batch))
        },
        120_000
      )
    })
    const used = [...(await world.queue.attempts()).values()].filter((one) => one.used > 0).length
    const refused =
      world
        .actor("drainer")
        .output()
        .match(/"reason":"no-responders"/g)?.length ?? 0
    prove(line.counts.cuts >= world.moments, "the line was not cut")
    prove(most > 0, "no line waited while the line was away")
    prove(used === 0, `${used} batches used up attempts`)
    return `cut ${world.moments} times for ${Math.round(away / 1000)} s in all; up to ${most} lines waited at the site; ${refused} requests found nobody; no attempt was used up`
  }
})
