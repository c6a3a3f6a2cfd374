/**
 * What the cases of the attributor share: its requirements, clicks and installs of devices, and the check that the
 * conversions equal a recount from the log, which an independent client reads.
 */
import { createHash } from "node:crypto"
import { Effect } from "effect"
import { Topic } from "../../contracts/ids.ts"
import { readTopic } from "../support/kcat.ts"
import { conversionsIn, keysOf, recount } from "../support/recount-conversions.ts"
import { eventually, type Proof, prove } from "./case.ts"
import type { Random } from "./random.ts"
import { type Requirements, standardActors } from "./requirements.ts"
import type { World } from "./world.ts"

/** How long an install waits for its click, and the window of a click, ms. */
const [beforeMs, windowMs] = [2_000, 60_000]

/** Actors and settings with `count` attributors; clicks have a topic of a fixed name, so Kafka is an own one. */
export const withAttributors = (count: number): Requirements => ({
  actors: { ...standardActors, attributor: count },
  kafka: "own",
  otherTopic: "clicks",
  settings: {
    CONVERSIONS_TOPIC: "{topic}-conversions",
    REKEY_PREFIX: "{topic}-by-",
    TIMER_DELAY: "1s",
    ATTRIBUTION_BEFORE: `${beforeMs}ms`,
    ATTRIBUTION_WINDOW: `${windowMs}ms`
  }
})

/** The address and the advertising id of a device: both belong to it alone. */
const addressOf = (device: number): string =>
  `9.${(device >> 16) & 255}.${(device >> 8) & 255}.${device & 255}`
const adidOf = (device: number): string => {
  const hex = createHash("md5").update(`device ${device}`).digest("hex")
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
}

/** A click that waits under one of the device's keys: by its id, or by a hash of it. */
const clickLine = (device: number, key: string) => (n: number) =>
  Buffer.from(`${addressOf(device)} 1795206900 clicks /t/click id=${n}&lookup_key=${key} curl/8.6.0`)

const installLine = (device: number) => (n: number) =>
  Buffer.from(
    `${addressOf(device)} 1795206900000 trk.example.com nopod /t/ist id=${n}&adid=${adidOf(device)} curl/8.6.0`
  )

/** Pushes clicks and installs of `count` devices from number `first` on, some late, some missing, some twice. */
export const pushJourneys = async (
  world: World,
  random: Random,
  first: number,
  count: number
): Promise<void> => {
  for (let device = first; device < first + count; device++) {
    const keys = keysOf(adidOf(device), undefined)
    const click = clickLine(device, keys[random.whole(0, keys.length - 1)] ?? "")
    const lines = random.pick([
      [click, installLine(device)],
      [click, installLine(device)],
      [installLine(device), click],
      [click, click, installLine(device), installLine(device)],
      [click, installLine(device), installLine(device)],
      [installLine(device)]
    ] as const)
    for (const line of lines) await world.load.push(1, line)
  }
}

/** The log of the world as the recount reads it, by an independent client. */
const logOf = (world: World): Parameters<typeof recount>[0] => ({
  scan: ({ topics }, see) =>
    Effect.promise(async () => {
      for (const topic of topics) {
        const records = await readTopic(world.brokers, topic)
        const own = records.map(({ partition, offset, ...record }) => ({
          ...record,
          ...{ offset: `${partition}/${offset}`, key: undefined }
        }))
        see({ topic, partition: 0, records: own, end: String(own.length) }, 1)
      }
      return false
    })
})

/** Waits until all installs are decided, and fails when the conversions are not those of the log. */
export const conversionsProof = async (world: World): Promise<Proof> => {
  const log = logOf(world)
  const topics = [world.topic, world.otherTopic].map((topic) => Topic.make(topic))
  const expected = await Effect.runPromise(recount(log, topics, { beforeMs, windowMs }))
  let found: Awaited<ReturnType<typeof read>> = { conversions: [], records: 0 }
  const read = () => Effect.runPromise(conversionsIn(log, Topic.make(`${world.topic}-conversions`)))
  await eventually(
    "the conversions equal a recount from the log",
    async () => {
      found = await read()
      return found.conversions.join("\n") === expected.join("\n")
    },
    90_000,
    500
  ).catch((error: unknown) => {
    const missing = expected.filter((one) => !found.conversions.includes(one))
    const wrong = found.conversions.filter((one) => !expected.includes(one))
    const some = (all: ReadonlyArray<string>) => `${all.length} (${all.slice(0, 3).join("; ")})`
    throw new Error(`${String(error)}: ${some(missing)} are missing, ${some(wrong)} are wrong`)
  })
  prove(expected.length > 0, "no click has won an install")
  return `${expected.length} conversions equal a recount from the log (${found.records - expected.length} records were appended twice, under the same id)`
}
