/**
 * 68: attributors are killed, started and stopped while clicks and installs come: partitions move, installs go on from key
 * to key, and each install takes the click that a recount from the log gives it, once.
 */
import { conversionsProof, pushJourneys, withAttributors } from "../attribution.ts"
import { atRandomMoments, faultCase, pause, prove } from "../case.ts"

/** Devices that click and install in each round, and the numbers of processes one after the other. */
const devices = 40
const counts = [3, 1, 2] as const

export default faultCase({
  number: "68",
  name: "attributors killed and rebalanced while clicks and installs come",
  requires: withAttributors(2),
  expects: { duplicates: 0 },
  fault: async (world, random) => {
    const attributors = world.group("attributor")
    let changes = 0
    await atRandomMoments(world, random, async (round) => {
      const pushed = pushJourneys(world, random.fork(`round ${round}`), round * devices, devices)
      const [first] = attributors.copies()
      await first?.up()
      await first?.kill()
      await attributors.scale(counts[round % counts.length] ?? 1, "SIGKILL")
      changes += 1
      await pause(random.whole(200, 2_000))
      await pushed
    })
    prove(changes > 0, "the group never changed")
    return `killed ${attributors.killed()} times and the number of processes changed ${changes} times while ${world.moments * devices} devices clicked and installed`
  },
  afterwards: conversionsProof
})
