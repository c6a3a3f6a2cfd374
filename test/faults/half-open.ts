/**
 * Connections to Redis that go silent in one direction at a given command, and deliver it long after their client has
 * closed the connection. Used by cases 48 and 49, with a short and with a long queue.
 */
import { pushScript } from "../../bridge/ingest-queue/redis/push.ts"
import { ackScript, claimScript, releaseScript } from "../../bridge/ingest-queue/redis/scripts.ts"
import { applyScript } from "../../bridge/projection-store/apply-script.ts"
import { pause, prove } from "./case.ts"
import type { Random } from "./random.ts"
import type { Requirements } from "./requirements.ts"
import { sentSha } from "./sent-sha.ts"
import type { Chunk, TcpProxy } from "./tcp-proxy.ts"
import type { World } from "./world.ts"

export const halfOpenNeeds: Requirements = {
  actors: {
    bridge: 2,
    enricher: 1,
    drainer: 2,
    "event-counter": 1,
    "metadata-counter": 1,
    gateway: 2
  },
  through: { redis: ["drainer", "gateway", "event-counter", "metadata-counter"] }
}

/** The commands that are held back, by sender: drainers, gateways, consumers. */
const scripts = {
  claim: claimScript,
  acknowledgement: ackScript,
  release: releaseScript,
  push: pushScript,
  fence: applyScript
}
type Kind = keyof typeof scripts
const lanes: ReadonlyArray<ReadonlyArray<Kind>> = [
  ["claim", "acknowledgement", "release"],
  ["push"],
  ["fence"]
]

const directions = ["up", "down"] as const

/** Minimum and maximum delay of the delivery after a connection went silent, milliseconds. */
const [minDelayMs, maxDelayMs] = [5_000, 70_000]

/** Matches the first chunk that contains the command (up), or the response to it (down). */
const matcher = (kind: Kind, direction: Chunk["direction"]): ((chunk: Chunk) => boolean) => {
  const sha = sentSha(scripts[kind])
  let asked: number | undefined
  return (chunk) => {
    if (chunk.direction === "up") {
      if (!chunk.data.includes(sha)) return false
      asked = chunk.connection
      return direction === "up"
    }
    return direction === "down" && chunk.connection === asked
  }
}

/** Counts the commands that Redis refused because they came too late. */
const countRefusals = (proxy: TcpProxy) => {
  const counts = { refused: 0 }
  proxy.intercept(({ direction, data }) => {
    if (direction === "down" && /\$(6\r\nFENCED|4\r\nLATE)\r\n/.test(data.toString("latin1")))
      counts.refused += 1
    return "pass"
  })
  return counts
}

/** Cuts `world.moments` times for each command and direction; returns the proof. `before` runs before each cut. */
export const cutHalfOpen = async (
  world: World,
  random: Random,
  before: () => Promise<void> = async () => undefined
): Promise<string> => {
  const proxy = world.proxy("redis")
  const refusals = countRefusals(proxy)
  const deliveries: Array<Promise<void>> = []
  const cuts = new Map<string, number>()

  const cut = async (kind: Kind, direction: Chunk["direction"]): Promise<void> => {
    await before()
    const stranded = proxy.strand(matcher(kind, direction))
    if (kind === "release") await world.group("enricher").scale(0)
    const { deliver } = await stranded
    if (kind === "release") await world.group("enricher").scale(1)
    cuts.set(`${kind} ${direction}`, (cuts.get(`${kind} ${direction}`) ?? 0) + 1)
    deliveries.push(pause(random.whole(minDelayMs, maxDelayMs)).then(deliver))
  }

  await Promise.all(
    lanes.map(async (kinds) => {
      for (let round = 0; round < world.moments; round++)
        for (const kind of kinds) for (const direction of directions) await cut(kind, direction)
    })
  )
  await Promise.all(deliveries)
  prove(refusals.refused > 0, "Redis refused no late command")
  const counted = Array.from(cuts, ([what, count]) => `${what} ${count}`).join(", ")
  return `cut at (command, silent direction, times) ${counted}; delivered ${minDelayMs / 1000} to ${maxDelayMs / 1000} s later, when Redis refused ${refusals.refused} commands`
}
