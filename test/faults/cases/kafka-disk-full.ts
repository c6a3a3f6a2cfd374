/** Kafka's disk is full: the broker ends. When space is freed and it is restarted, all is drained. */
import { cpSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { eventually, faultCase, pause, prove } from "../case.ts"
import { asAdmin } from "../kafka-admin.ts"
import { smallDisk } from "../small-disk.ts"
import type { World } from "../world.ts"

/** The resource type of a broker in Kafka's protocol. */
const brokerResource = 4

/** The folder of the broker's records. */
const logFolder = async (world: World): Promise<string> => {
  const { resources } = await asAdmin(world, (admin) =>
    admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: brokerResource, name: "1", configNames: ["log.dirs"] }]
    })
  )
  const found = resources[0]?.configEntries.find(({ configName }) => configName === "log.dirs")?.configValue
  if (found === undefined || found === "") throw new Error("The broker reports no log.dirs.")
  return found
}

export default faultCase({
  number: "disk",
  name: "the disk of Kafka is full",
  requires: { kafka: "own" },
  fault: async (world) => {
    const [broker] = world.kafka
    const folder = await logFolder(world)
    await broker?.stop()
    const copy = mkdtempSync(join(tmpdir(), "spoor-copy-"))
    cpSync(folder, copy, { recursive: true })
    const disk = await smallDisk(world, 512, folder)
    cpSync(copy, folder, { recursive: true })
    rmSync(copy, { recursive: true, force: true })
    await broker?.start()
    await eventually(
      "the backlog is small",
      async () => (await world.queue.depth()).waiting < world.load.rate / 2,
      120_000
    )

    const releases = (): number => world.group("drainer").output().split("batch released").length - 1
    const before = releases()
    await disk.fill(512 * 1024)
    await eventually("batches are released", () => releases() > before + 2, 120_000)
    const acknowledged = world.load.sent.count("acknowledged")
    await pause(5_000)
    const kept = world.load.sent.count("acknowledged") - acknowledged
    const { deadLetters } = await world.queue.depth()
    const attempts = [...(await world.queue.attempts()).values()].reduce((sum, { used }) => sum + used, 0)
    prove(deadLetters === 0, `${deadLetters} dead letters were written`)
    prove(attempts === 0, `${attempts} attempts were used up`)
    // The broker has ended, or does not recover without a restart.
    await broker?.kill()
    disk.clear()
    await broker?.start()
    return `${releases() - before} batches were released while the disk was full; ${kept} events were acknowledged meanwhile, no attempt was used up`
  }
})
