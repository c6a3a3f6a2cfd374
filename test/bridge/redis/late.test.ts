/**
 * Commands that an abandoned connection delivers late, or that a suspended server reads when it resumes: Redis refuses all
 * of them (redis/writer.ts). A proxy holds each command until its sender has timed out and a new connection exists.
 */
import { describe, expect, test } from "bun:test"
import { Effect, Exit, Logger } from "effect"
import { putScript, redisLinks, removeScript } from "../../../bridge/campaign-links/redis.ts"
import { addScript, discardScript, replayScript } from "../../../bridge/ingest-queue/redis/dead-letters.ts"
import { queueKeys } from "../../../bridge/ingest-queue/redis/keys.ts"
import { pushScript } from "../../../bridge/ingest-queue/redis/push.ts"
import { redisQueue } from "../../../bridge/ingest-queue/redis/queue.ts"
import {
  ackScript,
  claimScript,
  deadLetterScript,
  releaseScript,
  splitScript
} from "../../../bridge/ingest-queue/redis/scripts.ts"
import type { IngestQueue, QueueSource } from "../../../bridge/ingest-queue/service.ts"
import { applyScript } from "../../../bridge/projection-store/apply-script.ts"
import { redisProjections, resetScript } from "../../../bridge/projection-store/redis.ts"
import type { ProjectionStore } from "../../../bridge/projection-store/service.ts"
import { connect, type RedisConnection } from "../../../bridge/redis/connection.ts"
import { guarded } from "../../../bridge/redis/writer.ts"
import type { CampaignLink } from "../../../contracts/campaign-link.ts"
import { newClaimId, type PushId } from "../../../contracts/ids.ts"
import { sentSha } from "../../faults/sent-sha.ts"
import { startProxy, type TcpProxy } from "../../faults/tcp-proxy.ts"
import { eventually } from "../../support/eventually.ts"
import { hasRedisProgram, type OwnRedis, secretUrl, startRedis } from "../../support/redis.ts"
import {
  bytes,
  claim,
  counts,
  deadLetter,
  deadLettersOf,
  hour,
  placed,
  run
} from "../ingest-queue/batches.ts"
import { add, batchOf } from "../projection-store/model.ts"

/** Timeout of a command, milliseconds; a silent connection is abandoned after twice as long. */
const shortTimeout = 300

interface World {
  readonly server: OwnRedis
  readonly proxy: TcpProxy
  /** Through the proxy. */
  readonly queue: IngestQueue["Service"]
  readonly source: QueueSource
  readonly links: Effect.Success<ReturnType<typeof redisLinks>>
  readonly projections: ProjectionStore["Service"]
  /** Directly to the server. */
  readonly other: QueueSource
  readonly redis: RedisConnection
}

const withWorld = (commandTimeout: number, body: (world: World) => Promise<void>): Promise<void> =>
  Effect.gen(function* () {
    const server = yield* Effect.acquireRelease(
      Effect.promise(
        async () => (await startRedis()) ?? Promise.reject(new Error("redis-server is missing"))
      ),
      (started) => Effect.promise(() => started.stop())
    )
    const proxy = yield* Effect.acquireRelease(
      Effect.promise(() => startProxy(server.port)),
      (started) => Effect.sync(started.close)
    )
    const url = secretUrl(`redis://127.0.0.1:${proxy.port}`)
    const keys = { queueKey: "q", deadLetterKey: "{q}:dead" }
    const connection = { commandTimeout }
    const queue = yield* redisQueue({ urls: [url], ...keys, connection })
    const { sources } = yield* redisQueue({ urls: [secretUrl(server.url)], ...keys })
    const [source] = queue.sources
    const [other] = sources
    if (source === undefined || other === undefined) return yield* Effect.die("There is no queue.")
    const links = yield* redisLinks({ url, key: "links", maxLinks: 100 }, connection)
    const projections = yield* redisProjections(url, { horizon: 3_600_000, maxKeys: 100 }, connection)
    const redis = yield* connect(secretUrl(server.url))
    yield* Effect.promise(() => body({ server, proxy, queue, source, links, projections, other, redis }))
  }).pipe(Effect.scoped, Effect.provide(Logger.layer([])), Effect.runPromise)

/** All data of the server, except for the keys of writers. */
const contents = async (redis: RedisConnection): Promise<ReadonlyArray<string>> => {
  const keys = await run(redis.command("KEYS", "*"))
  const names = Array.isArray(keys) ? keys.map(String).filter((key) => !key.includes(":writer:")) : []
  return run(
    Effect.forEach(names.toSorted(), (key) =>
      Effect.map(
        redis.command("DUMP", key),
        (dump) => `${key} ${dump instanceof Uint8Array ? dump.toString("hex") : ""}`
      )
    )
  )
}

const link = (target: string): CampaignLink => ({ id: "spring", default: target })

interface Late {
  readonly script: string
  /** Prepares the server; returns the command that is sent and abandoned. */
  readonly prepare: (world: World) => Promise<Effect.Effect<unknown, unknown>>
  /** The operation of the sender, or another client, meanwhile. */
  readonly meanwhile?: (world: World) => Promise<unknown>
}

const late: Record<string, Late> = {
  "a claim that was sent again, and whose batch is done": {
    script: claimScript,
    prepare: async ({ source }) => {
      const id = newClaimId()
      return Effect.catch(source.claim(id, hour), (failure) => {
        again = id
        return Effect.fail(failure)
      })
    },
    meanwhile: async ({ source, queue }) => {
      const batch = await eventually("the claim is answered", () =>
        run(source.claim(again, { ...hour, maxEvents: 1 })).catch(() => undefined)
      )
      expect(batch.lines).toEqual(bytes("line 0"))
      expect(await run(batch.ack(counts(batch), placed(batch)))).toBe(true)
      await run(queue.push(bytes("later")))
    }
  },
  "a claim that was given up": {
    script: claimScript,
    prepare: async ({ source }) => source.claim(newClaimId(), hour)
  },
  "a push that was answered with an error": {
    script: pushScript,
    prepare: async ({ queue }) => queue.push(bytes("not acknowledged"))
  },
  "an acknowledgement": {
    script: ackScript,
    prepare: async ({ source }) => {
      const batch = await claim(source)
      return batch.ack(counts(batch), placed(batch))
    }
  },
  "giving back": {
    script: releaseScript,
    prepare: async ({ source }) => (await claim(source)).release(0, true)
  },
  split: { script: splitScript, prepare: async ({ source }) => (await claim(source)).split(1, 1) },
  "setting aside": {
    script: deadLetterScript,
    prepare: async ({ source }) => {
      const batch = await claim(source)
      return batch.deadLetter(deadLettersOf(batch, 1), counts(batch, 1))
    }
  },
  "a replay": {
    script: replayScript,
    prepare: async ({ source }) => {
      await deadLetter(await claim(source), 1)
      const [letter] = await run(source.deadLetters.read(0, 1))
      if (letter === undefined) throw new Error("The dead letter is missing.")
      return source.deadLetters.replay(letter, letter.text, 9)
    }
  },
  "a discard": {
    script: discardScript,
    prepare: async ({ source }) => {
      await deadLetter(await claim(source), 1)
      const [letter] = await run(source.deadLetters.read(0, 1))
      if (letter === undefined) throw new Error("The dead letter is missing.")
      return source.deadLetters.discard(letter)
    }
  },
  "a dead letter of a delivery": {
    script: addScript,
    prepare: async ({ source }) => {
      const [letter] = deadLettersOf(await claim(source), 1)
      if (letter === undefined) throw new Error("The dead letter is missing.")
      return source.deadLetters.add(letter, "00000000000000000000000001" as PushId)
    }
  },
  "effects on a projection, behind which others were applied": {
    script: applyScript,
    prepare: async ({ projections }) => {
      await run(projections.apply("p", batchOf([[0, undefined, add("one", "x", 1)]])))
      // The log ended there at that time. Now it is longer, so this end looks like that of a recreated log.
      return projections.apply("p", batchOf([[1, undefined, add("one", "x", 1)]], 0, "events", 2))
    },
    meanwhile: async ({ projections }) => {
      for (const offset of [1, 2, 3])
        await eventually("it is applied", () =>
          run(projections.apply("p", batchOf([[offset, undefined, add("one", "x", 1)]]))).catch(
            () => undefined
          )
        )
      expect(await run(projections.top("p", "one", 1))).toEqual([{ key: "x", count: 4 }])
    }
  },
  "a table's reset, behind which others were counted": {
    script: resetScript,
    prepare: async ({ projections }) => {
      await run(projections.apply("p", batchOf([[0, undefined, add("one", "x", 1)]])))
      return projections.reset("p", "one")
    },
    meanwhile: async ({ projections }) => {
      await eventually("it is applied", () =>
        run(projections.apply("p", batchOf([[1, undefined, add("one", "x", 1)]]))).catch(() => undefined)
      )
    }
  },
  "a link that was replaced meanwhile": {
    script: putScript,
    prepare: async ({ links }) => links.put(link("https://example.com/old")),
    meanwhile: ({ links }) =>
      eventually("the link is put", () =>
        run(links.put(link("https://example.com/new"))).catch(() => undefined)
      )
  },
  "a link's removal, when the link was put again": {
    script: removeScript,
    prepare: async ({ links }) => {
      await run(links.put(link("https://example.com/old")))
      return links.remove("spring")
    },
    meanwhile: ({ links }) =>
      eventually("the link is put", () =>
        run(links.put(link("https://example.com/new"))).catch(() => undefined)
      )
  }
}

/** The claim that is sent again. */
let again = newClaimId()

describe.skipIf(!hasRedisProgram())("late commands of an abandoned connection are refused:", () => {
  for (const [what, { script, prepare, meanwhile }] of Object.entries(late))
    test(what, () =>
      withWorld(shortTimeout, async (world) => {
        const { proxy, queue, redis } = world
        await run(queue.push(bytes("line 0", "line 1")))
        // Otherwise it would be refused for its missing script, not for its delay.
        await run(redis.command("SCRIPT", "LOAD", guarded(script)))
        const act = await prepare(world)
        const stranded = proxy.strand(
          ({ direction, data }) => direction === "up" && data.toString("latin1").includes(sentSha(script))
        )
        expect(Exit.isFailure(await Effect.runPromiseExit(act))).toBe(true)
        const { deliver } = await stranded
        await meanwhile?.(world)
        await eventually("the sender has gone on to another epoch", async () => {
          const keys = await run(redis.command("KEYS", "*:writer:*"))
          const epochs = await run(
            Effect.forEach(Array.isArray(keys) ? keys.map(String) : [], (key) => redis.command("GET", key))
          )
          return epochs.some((epoch) => Number(String(epoch)) > 1)
        })
        const before = await contents(redis)
        const reply = proxy.counts.bytes
        await deliver()
        expect(proxy.counts.bytes).toBeGreaterThan(reply)
        expect(await contents(redis)).toEqual(before)
      })
    )

  test("expired commands that a suspended server reads when it resumes", () =>
    withWorld(2_000, async ({ server, queue, source, redis }) => {
      await run(queue.push(bytes("line 0")))
      const batch = await claim(source)
      server.pause()
      const failed = await Promise.all(
        [queue.push(bytes("not acknowledged")), batch.ack(counts(batch), placed(batch))].map((effect) =>
          Effect.runPromiseExit(Effect.asVoid(effect))
        )
      )
      expect(failed.every(Exit.isFailure)).toBe(true)
      server.resume()
      await eventually("the sender has gone on", () =>
        run(queue.push([]).pipe(Effect.andThen(source.depth))).catch(() => undefined)
      )
      expect(await run(source.depth)).toEqual({ waiting: 0, claimed: 1, deadLetters: 0 })
      expect(String(await run(redis.command("LLEN", queueKeys("q", "").list)))).toBe("0")
      expect(await run(batch.ack(counts(batch), placed(batch)))).toBe(true)
    }))
})
