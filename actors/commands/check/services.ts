/**
 * Tries every system outside that actors require, all at once and each within a time limit: Redis, NATS, Kafka, and the
 * folder of the embedded services. Changes nothing there.
 */
import { accessSync, constants } from "node:fs"
import { dirname, resolve } from "node:path"
import { Effect } from "effect"
import { readLogSettings } from "../../../bridge/event-log/layer.ts"
import { type Finding, fault, ok, warning } from "../../../bridge/finding.ts"
import { readBusSettings } from "../../../bridge/message-bus/layer.ts"
import { inspectNats } from "../../../bridge/message-bus/nats/inspect.ts"
import { inspectRedis } from "../../../bridge/redis/inspect.ts"
import { dataDir } from "../../../bridge/settings.ts"
import type { Actor, StartFailure } from "../../runtime/actor.ts"
import { eventLog, messageBus, type Requirement } from "../../runtime/dependencies.ts"
import { readTopics } from "../../transform/topics.ts"
import { redisServers } from "./redis-servers.ts"
import { subjectsOf } from "./subjects.ts"

/** How long one system may take altogether. */
const timeout = "20 seconds"

interface Inspection {
  readonly findings: ReadonlyArray<Finding>
}

/** `working`: the services whose settings can work. Fails only as reading a setting fails. */
export const inspectServices = Effect.fnUntraced(function* (
  actors: ReadonlyArray<Actor>,
  working: ReadonlyArray<Requirement<never>>
) {
  const redis = yield* redisServers(actors, working)
  const inspections: ReadonlyArray<Effect.Effect<Inspection, StartFailure>> = [
    ...redis.map((target) => within("Redis", inspectRedis(target.url, target, target.more))),
    ...(working.includes(messageBus) ? [within("NATS", inspectBus(actors))] : []),
    ...(working.includes(eventLog) ? [within("Kafka", inspectLog(actors))] : []),
    ...(yield* embedded(actors, redis.length > 0))
  ]
  const all = yield* Effect.all(inspections, { concurrency: "unbounded" })
  return all.flatMap(({ findings }) => findings)
})

const within = (
  system: string,
  inspection: Effect.Effect<Inspection, StartFailure>
): Effect.Effect<Inspection, StartFailure> =>
  Effect.timeoutOrElse(inspection, {
    duration: timeout,
    orElse: () =>
      Effect.succeed({
        findings: [
          fault(`${system} did not answer within ${timeout}: look at the server, and at firewalls before it.`)
        ]
      })
  })

const inspectBus = Effect.fnUntraced(function* (actors: ReadonlyArray<Actor>) {
  const { nats, key } = yield* readBusSettings
  if (nats === undefined) return { findings: [] }
  const { findings } = yield* inspectNats(nats, subjectsOf(actors, nats.inboxPrefix))
  if (key !== undefined) return { findings }
  const message =
    "BUS_SECRET is not set: any client of this NATS that may reply on spoor.enrich or spoor.store can confirm events as stored. Set the same for all actors."
  return { findings: [...findings, warning(message)] }
})

const inspectLog = Effect.fnUntraced(function* (actors: ReadonlyArray<Actor>) {
  const using = actors.filter(({ requires }) => requires.includes(eventLog))
  const { address } = yield* readLogSettings
  if (address === undefined || using.length === 0) return { findings: [] }
  const groups = using.map(({ group }) => group).filter((group) => group !== undefined)
  const { inspectKafka } = yield* Effect.promise(() => import("../../../bridge/event-log/kafka/inspect.ts"))
  return yield* inspectKafka(address, {
    topics: (yield* readTopics).all,
    appends: using.some(({ group }) => group === undefined),
    groups
  })
})

/** The folder of the embedded services, where an actor uses one. */
const embedded = Effect.fnUntraced(function* (actors: ReadonlyArray<Actor>, hasRedis: boolean) {
  const usesLog = actors.some(({ requires }) => requires.includes(eventLog))
  const isEmbedded = !hasRedis || (usesLog && (yield* readLogSettings).address === undefined)
  const needsFolder = actors.some(({ requires }) =>
    requires.some(({ settings }) => settings.includes(dataDir))
  )
  if (!needsFolder || !isEmbedded) return []
  return [Effect.succeed({ findings: [folderFinding(yield* dataDir.config)] })]
})

/** Whether this user can write to the folder, or make it. */
const folderFinding = (directory: string): Finding => {
  try {
    accessSync(nearest(directory), constants.W_OK)
    return ok(`DATA_DIR ${directory} can be written: it holds what no server is set for.`)
  } catch {
    return fault(
      `DATA_DIR ${directory} cannot be written by this user: change its owner, or name another folder.`
    )
  }
}

const nearest = (path: string): string => {
  for (let at = resolve(path); ; at = dirname(at)) {
    try {
      accessSync(at)
      return at
    } catch {
      if (dirname(at) === at) return at
    }
  }
}
