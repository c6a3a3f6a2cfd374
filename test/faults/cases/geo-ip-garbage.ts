/** The GeoIP file is replaced by garbage: the old database stays in use, and a new valid file replaces it. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { geoDatabase } from "../../support/geo-database.ts"
import { readTopic } from "../../support/kcat.ts"
import { eventually, faultCase, prove } from "../case.ts"
import type { World } from "../world.ts"

const database = (country: string): Uint8Array => geoDatabase("Test", { country: { iso_code: country } })

/** Country codes of the last records, each once. */
const countries = async (world: World): Promise<ReadonlyArray<string>> => {
  const records = await readTopic(world.brokers, world.topic, "-o", "-20")
  return [
    ...new Set(records.map(({ value }) => /&country=([^&]*)/.exec(value.toString("latin1"))?.[1] ?? ""))
  ]
}

export default faultCase({
  number: "geoip",
  name: "GeoIP file replaced by garbage",
  requires: {
    contents: { "geo.mmdb": () => database("QQ") },
    settingsOf: { enricher: { GEOIP_DB: "{folder}/geo.mmdb" } }
  },
  expects: { duplicates: 0 },
  fault: async (world) => {
    const file = join(world.settings.DATA_DIR ?? "", "geo.mmdb")
    const stays = (): number => world.group("enricher").output().split("stays in use").length - 1
    writeFileSync(file, Buffer.alloc(5_000, "garbage"))
    await eventually("the garbage is found", () => stays() > 0, 60_000)
    const during = await countries(world)
    prove(String(during) === "QQ", `records say ${during.join(", ")} instead of QQ while the file is garbage`)
    writeFileSync(file, database("RR"))
    await eventually("the new file is used", async () => String(await countries(world)) === "RR", 60_000)
    return `${stays()} time the file was found to be garbage, and events still got their country from the old one`
  }
})
