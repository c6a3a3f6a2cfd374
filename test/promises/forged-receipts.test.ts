/**
 * Promise 1 against an attacker on NATS who answers requests to enrichers with forged receipts: with BUS_SECRET no batch
 * leaves the queue on such a receipt, and its lines wait until an enricher handles them.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { connect, type NatsConnection } from "@nats-io/transport-node"
import { encode } from "../../contracts/messages/msgpack.ts"
import type { Reply } from "../../contracts/messages/reply.ts"
import { Enrich } from "../../contracts/requests.ts"
import { type Cluster, makeCluster, realServers } from "../support/cluster.ts"
import { eventually } from "../support/eventually.ts"
import { canStartNats, type NatsServer, privateNats } from "../support/nats.ts"

const servers = await realServers()

describe.skipIf(servers === undefined || !canStartNats)(
  "an attacker on NATS replies that events are stored",
  () => {
    let nats: NatsServer
    let attacker: NatsConnection
    let forged = 0
    const clusters: Array<Cluster> = []

    beforeAll(async () => {
      nats = await privateNats()
      await nats.start()
      attacker = await connect({ servers: nats.url.slice("nats://".length) })
      for (const subject of Object.values(Enrich.subjects))
        attacker.subscribe(subject, {
          queue: Enrich.queue,
          callback: (_, message) => {
            const { id, digest, events } = Enrich.read(message.data)
            const [event] = events
            const placements =
              event === undefined
                ? []
                : [{ topic: event.topic, partition: 0, offset: "0", count: events.length, at: Date.now() }]
            const reply: Reply = { receipt: { id, digest, stored: events.length, placements, rejected: [] } }
            forged += events.length
            message.respond(encode(reply))
          }
        })
    })
    afterAll(async () => {
      await Promise.all(clusters.map((cluster) => cluster.stop()))
      await attacker?.close()
      await nats?.remove()
    })

    const drainedOf = async (more: Readonly<Record<string, string>>, lines: number): Promise<number> => {
      const cluster = makeCluster({ ...servers, NATS_URL: nats.url }, more)
      clusters.push(cluster)
      const line = (n: number) => `1.2.3.4 1795206900000 h p /t/a n=${n} curl/8`
      const before = forged
      await cluster.redis.rpush(cluster.queueKey, ...Array.from({ length: lines }, (_, n) => line(n)))
      await cluster.start("drainer")
      await eventually("the attacker has answered", () => forged >= before + lines)
      for (const actor of ["bridge", "enricher"]) await cluster.start(actor)
      await eventually(
        "the queue is empty",
        async () => {
          const { waiting, claimed } = await cluster.depth()
          return waiting === 0 && claimed === 0
        },
        60_000
      )
      expect((await cluster.depth()).deadLetters).toBe(0)
      return new Set(cluster.read(cluster.topic).map(({ value }) => value.toString())).size
    }

    test("with BUS_SECRET no event is lost", async () => {
      expect(await drainedOf({ BUS_SECRET: "a secret of this deployment" }, 500)).toBe(500)
    }, 90_000)

    test("without BUS_SECRET any responder is trusted", async () => {
      expect(await drainedOf({}, 500)).toBe(0)
    }, 90_000)
  }
)
