/** No host name can be resolved for a while, and all connections are lost at its beginning: all actors reconnect without a restart. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { eventually, faultCase, pause, prove } from "../case.ts"
import { withHostFaults } from "../host-faults.ts"

/** Outage per moment, milliseconds: a minute in a full run. */
const outagePerMomentMs = 3_000

export default faultCase({
  number: "dns",
  name: "names cannot be resolved, and connections are lost",
  requires: {
    kafka: "own",
    through: { redis: "all", nats: "all", kafka: "all" },
    settings: withHostFaults("{folder}/host-faults.json")
  },
  expects: { answers: ["503"], answersWithin: 4_000 },
  fault: async (world) => {
    const file = join(world.settings.DATA_DIR ?? "", "host-faults.json")
    const outageMs = outagePerMomentMs * Math.min(20, world.moments)
    writeFileSync(file, JSON.stringify({ noNames: true }))
    await pause(500)
    const proxies = [world.proxy("redis"), world.proxy("nats"), world.proxy("kafka")]
    const cut = proxies.reduce((sum, proxy) => sum + proxy.cut(), 0)
    const before = proxies.map(({ counts }) => counts.connections)
    await eventually("clients are refused", () => (world.load.answers.get("503") ?? 0) > 0)
    await pause(outageMs)
    const after = proxies.map(({ counts }) => counts.connections)
    writeFileSync(file, "{}")
    prove(cut > 3, "too few connections were open")
    prove(String(before) === String(after), "a connection was made although no name could be resolved")
    return `${cut} connections were lost and none could be made for ${outageMs / 1000} s`
  }
})
