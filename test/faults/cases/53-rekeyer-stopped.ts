/**
 * 53: one of two processes of a keyed actor stands still for longer than the gap of a session, with records that it has
 * not copied: the other one's clock stands still too, instead of ending sessions whose events are still to come.
 */
import { atRandomMoments, eventually, faultCase, pause, prove } from "../case.ts"
import { sessionsProof, withSessions } from "../sessions.ts"
import type { World } from "../world.ts"

/** How long it stands still, milliseconds: longer than the gap, shorter than a group waits for a member. */
const frozenMs = 5_000

/** How far the clock of the second process is behind, seconds. */
const clockLag = async (world: World): Promise<number> => {
  const other = world.group("sessions").copies()[1]
  if (other === undefined) return 0
  const text = await (await fetch(new URL("/metrics", other.address("health")))).text()
  const line = text.split("\n").find((one) => one.startsWith("spoor_keyed_clock_lag_seconds"))
  return Number(line?.split(" ").at(-1) ?? 0)
}

export default faultCase({
  number: "53",
  name: "re-keyer of a keyed actor stands still for longer than the gap of a session",
  requires: withSessions(2),
  fault: async (world, random) => {
    const [first] = world.group("sessions").copies()
    let longest = 0
    await eventually("the clocks run", async () => {
      const lag = await clockLag(world)
      return lag > 0 && lag < 6
    })
    await atRandomMoments(world, random, async () => {
      await first?.up()
      first?.freeze()
      await pause(frozenMs)
      longest = Math.max(longest, await clockLag(world))
      first?.thaw()
      await pause(random.whole(500, 2_000))
    })
    prove(longest > 5, `the clock of the other process was never more than ${longest} s behind`)
    return `frozen ${world.moments} times for ${frozenMs / 1_000} s; the clock of the other process waited, at most ${longest.toFixed(1)} s behind`
  },
  afterwards: sessionsProof
})
