/** The clock of one actor after the other jumps an hour ahead and an hour back under load: leases use the clock of Redis, and nothing waits for an hour. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { faultCase, pause, prove } from "../case.ts"
import { withHostFaults } from "../host-faults.ts"

const actors = ["gateway", "drainer", "enricher", "bridge", "event-counter"] as const
const hourMs = 3_600_000

export default faultCase({
  number: "clock",
  name: "the clock of each actor jumps by an hour, ahead and back",
  requires: {
    settingsOf: Object.fromEntries(
      actors.map((name) => [name, withHostFaults(`{folder}/host-faults-${name}.json`)])
    )
  },
  fault: async (world, random) => {
    const set = (name: string, clock: number): void =>
      writeFileSync(
        join(world.settings.DATA_DIR ?? "", `host-faults-${name}.json`),
        JSON.stringify({ clock })
      )
    for (const name of actors) {
      for (const clock of [hourMs, -hourMs, 0]) {
        set(name, clock)
        await pause(random.whole(300, 2_000))
      }
    }
    const jumps = actors.map((name) => world.group(name).output().split("the clock jumps").length - 1)
    prove(
      jumps.every((count) => count === 3),
      `the clocks jumped ${jumps.join(", ")} times`
    )
    return `the clocks of ${actors.join(", ")} jumped 3 times each: an hour ahead, two back, and right again`
  }
})
