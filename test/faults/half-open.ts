/**
 * Connections to Redis that go silent in one direction at the very command that a cut is about, and deliver it long
 * after their client has gone: what cases 48 and 49 do, with little and with much waiting in the queue.
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

/** The commands that are caught on their way, each by those who send it: drainers, gateways, consumers. */
const scripts = {
  claim: claimScript,
  acknowledgement: ackScript,
  "give-back": releaseScript,
  push: pushScript,
  fence: applyScript
}
type Kind = keyof typeof scripts
const lanes: ReadonlyArray<ReadonlyArray<Kind>> = [
  ["claim", "acknowledgement", "give-back"],
  ["push"],
  ["fence"]
]

const directions = ["up", "down"] as const

/** How long after a connection went silent its bytes are delivered, milliseconds. */
const [earliest, latest] = [5_000, 70_000]

/** Matches the first chunk that holds such a command (up), or the answer to it (down). */
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

/** Counts what Redis refused because it came too late. */
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
    if (kind === "give-back") await world.group("enricher").scale(0)
    const { deliver } = await stranded
    if (kind === "give-back") await world.group("enricher").scale(1)
    cuts.set(`${kind} ${direction}`, (cuts.get(`${kind} ${direction}`) ?? 0) + 1)
    deliveries.push(pause(random.whole(earliest, latest)).then(deliver))
  }

  await Promise.all(
    lanes.map(async (kinds) => {
      for (let round = 0; round < world.moments; round++)
        for (const kind of kinds) for (const direction of directions) await cut(kind, direction)
    })
  )
  await Promise.all(deliveries)
  prove(refusals.refused > 0, "Redis refused nothing of what came late")
  const counted = Array.from(cuts, ([what, count]) => `${what} ${count}`).join(", ")
  return `cut at (command, silent direction, times) ${counted}; delivered ${earliest / 1000} to ${latest / 1000} s later, when Redis refused ${refusals.refused} commands`
}
