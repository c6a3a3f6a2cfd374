/**
 * The queue on Redis or Valkey: the list that trackers push to, and further keys for claimed batches and counts. Each server
 * is a queue of its own; pushes go to the first that works. The connections live as long as the scope.
 */

import { Effect, type Redacted, type Scope } from "effect"
import type { Placement } from "../../../contracts/batch.ts"
import { Failure } from "../../../contracts/failure.ts"
import type { ClaimId } from "../../../contracts/ids.ts"
import type { Dependency } from "../../dependency.ts"
import { logWith, makeOutage } from "../../outage.ts"
import { type ConnectOptions, connect, type RedisConnection, type Reply } from "../../redis/connection.ts"
import { watchRefusals } from "../../redis/refused.ts"
import { makeWriter, type RedisWriter } from "../../redis/writer.ts"
import { batchIdOf, digestOf, partsOf, unpack } from "../batch-blob.ts"
import { deadLetterText } from "../dead-letter-json.ts"
import { type Entry, entriesOf, forwardedOf, placementsOf } from "../ledger-fields.ts"
import { failover, type PushServer } from "../push-failover.ts"
import { type PushRules, standardRules } from "../push-limits.ts"
import type { ClaimedBatch, IngestQueue, QueueSource, TopicCount } from "../service.ts"
import { redisAwaitLines } from "./await-lines.ts"
import { redisDeadLetters } from "./dead-letters.ts"
import { noObstacle } from "./durability.ts"
import { redisFigures } from "./figures.ts"
import { redisFind } from "./find-event.ts"
import { prefixOf, type QueueKeys, queueKeys } from "./keys.ts"
import { redisLedger } from "./ledger.ts"
import { redisPush } from "./push.ts"
import { ackScript, claimScript, deadLetterScript, releaseScript, splitScript } from "./scripts.ts"

export interface RedisQueueSettings {
  /** One queue each; at least one. */
  readonly urls: ReadonlyArray<Redacted.Redacted<string>>
  readonly queueKey: string
  readonly deadLetterKey: string
  readonly connection?: ConnectOptions
  readonly rules?: PushRules
}

/**
 * Opens a connection to every server; runs `started` once on each (layer.ts checks the server's durability with it).
 * Fails with `misconfigured` for an invalid URL.
 */
export const redisQueue: (
  settings: RedisQueueSettings,
  started?: (connection: RedisConnection, keys: QueueKeys) => Effect.Effect<void, Failure>
) => Effect.Effect<IngestQueue["Service"], Failure, Scope.Scope> = Effect.fnUntraced(
  function* (settings, started) {
    const keys = queueKeys(settings.queueKey, settings.deadLetterKey)
    const { connection: options, rules = standardRules } = settings
    const prefix = prefixOf(settings.queueKey)
    const log = logWith(Effect.runForkWith(yield* Effect.context<never>()))
    const servers = yield* Effect.forEach(
      settings.urls,
      (url) =>
        Effect.gen(function* () {
          const connection = yield* connect(url, options)
          const writer = makeWriter(connection, prefix, yield* Effect.scope, options?.commandTimeout)
          const refusals = watchRefusals(
            connection,
            meanwhile,
            `${prefix}:probe`,
            noObstacle(connection, rules)
          )
          const awaitLines = yield* redisAwaitLines(url, keys.list, options)
          return { url, connection, writer, prefix, keys, options, refusals, awaitLines }
        }),
      { concurrency: "unbounded" }
    )
    if (started !== undefined) yield* Effect.forEach(servers, ({ connection }) => started(connection, keys))
    return {
      push: failover(
        yield* Effect.forEach(servers, (server) =>
          Effect.map(
            redisPush(server, rules),
            (push): PushServer => ({
              address: server.connection.address,
              full: makeOutage({ ...fullQueue(server.connection.address), log }).operation(),
              push: (...call) => server.refusals.watched(push(...call))
            })
          )
        )
      ),
      sources: servers.map(({ connection, writer, prefix, refusals, awaitLines }) => ({
        ...sourceOf(connection, writer, prefix, keys, refusals.check),
        awaitLines
      }))
    }
  }
)

const fullQueue = (address: string) => ({
  name: `The queue at ${address}`,
  ends: `The queue at ${address} accepts events again`
})

const meanwhile = "Its lines wait; events go to the next server, or are answered with 503."

const dependencyOf = ({ address, outage }: RedisConnection, check: Dependency["check"]): Dependency => ({
  kind: "redis",
  embedded: false,
  address,
  outage,
  check
})

const sourceOf = (
  connection: RedisConnection,
  writer: RedisWriter,
  prefix: string,
  keys: QueueKeys,
  check: Dependency["check"]
): Omit<QueueSource, "awaitLines"> => {
  const claim = writer.script(claimScript)
  const ack = writer.script(ackScript)
  const release = writer.script(releaseScript)
  const deadLetter = writer.script(deadLetterScript)
  const split = writer.script(splitScript)
  const batchKeys = [keys.claimed, keys.leases, keys.attempts]

  const batchOf = (claimId: ClaimId, reply: ReadonlyArray<Reply>): ClaimedBatch => {
    const [name, attempts, blob, isTakenOver] = reply
    if (!(name instanceof Uint8Array) || !(blob instanceof Uint8Array) || typeof attempts !== "number")
      throw new Error("The claim script returned something other than a batch.")
    const key = name.toString()
    const unpacked = unpack(blob)
    return {
      id: batchIdOf(key),
      digest: digestOf(blob),
      ...unpacked,
      attempts,
      isTakenOver: isTakenOver === 1,
      ack: (counts, placements = []) =>
        Effect.map(
          ack([...batchKeys, keys.ledger, keys.placements], [key, ...counted(counts, placements)]),
          isOne
        ),
      release: (delay, counts) =>
        Effect.map(
          release([keys.leases, keys.attempts], [key, claimId, Math.ceil(delay), counts ? 1 : 0]),
          isOne
        ),
      split: (size, attempts) =>
        Effect.suspend(() =>
          split(batchKeys, [
            key,
            claimId,
            Math.ceil(attempts),
            ...partsOf(key, unpacked, size).flatMap((part) => [part.key, part.blob])
          ])
        ).pipe(Effect.map(isOne)),
      deadLetter: (deadLetters, counts, placements = []) =>
        Effect.suspend(() =>
          deadLetter(
            [...batchKeys, keys.ledger, keys.placements, keys.deadLetters],
            [key, deadLetters.length, ...deadLetters.map(deadLetterText), ...counted(counts, placements)]
          )
        ).pipe(Effect.map(isOne))
    }
  }

  return {
    dependency: dependencyOf(connection, check),
    claim: (id, limits) =>
      claim(
        [keys.list, ...batchKeys, keys.ledger],
        [id, Math.ceil(limits.lease), limits.maxEvents, limits.maxBytes, limits.linesFirst === true ? 1 : 0]
      ).pipe(
        Effect.flatMap((reply) =>
          Effect.try({
            try: () => (Array.isArray(reply) ? batchOf(id, reply) : undefined),
            catch: (error) => new Failure({ reason: "unreadable", message: String(error) })
          })
        )
      ),
    depth: depthOf(connection, keys),
    ledger: redisLedger(connection, keys),
    find: redisFind(connection, keys),
    deadLetters: redisDeadLetters(connection, writer, prefix, keys),
    figures: redisFigures(writer, keys)
  }
}

const depthOf = (connection: RedisConnection, keys: QueueKeys): QueueSource["depth"] =>
  Effect.all(
    {
      waiting: Effect.map(connection.command("LLEN", keys.list), Number),
      claimed: Effect.map(connection.command("HLEN", keys.claimed), Number),
      deadLetters: Effect.map(connection.command("LLEN", keys.deadLetters), Number)
    },
    { concurrency: "unbounded" }
  )

/** What the scripts count when a batch is settled. */
const counted = (
  counts: ReadonlyArray<TopicCount>,
  placements: ReadonlyArray<Placement>
): ReadonlyArray<string | number> => [
  placements.length,
  ...placementsOf(placements).flatMap(({ name, entry }) => [name, ...flat([entry])]),
  ...flat([...entriesOf(counts), ...forwardedOf(placements)])
]

const flat = (entries: ReadonlyArray<Entry>): ReadonlyArray<string | number> =>
  entries.flatMap(({ name, by }) => [name, by])

const isOne = (reply: Reply): boolean => reply === 1
