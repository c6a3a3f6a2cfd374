/**
 * Promise: an instance that answers garbage loses nothing. It shares the queue group with a real enricher and replies with
 * no MessagePack, receipts for other batches, too many events, twice, and once never. Its batches are tried again without
 * an attempt being counted, every event is stored once, none is dead, and the drainer's log names the instance.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { connect, headers, type Msg, type NatsConnection } from "@nats-io/transport-node"
import type { RawBatch, Receipt } from "../../contracts/batch.ts"
import { newBatchId } from "../../contracts/ids.ts"
import { instanceHeader } from "../../contracts/messages/format.ts"
import { writeReply } from "../../contracts/messages/reply.ts"
import { Enrich } from "../../contracts/requests.ts"
import { type Cluster, makeCluster, realServers } from "../support/cluster.ts"
import { eventually } from "../support/eventually.ts"
import { canStartNats, type NatsServer, privateNats } from "../support/nats.ts"
import type { Spoor } from "../support/spoor.ts"
import { ledgerOf } from "./mixed-fleet.ts"
import { expectEachOnce, type Load, startLoad } from "./steady-load.ts"

const servers = await realServers()

const receiptOf = ({ id, digest, events }: RawBatch, stored = events.length): Receipt => ({
  ...{ id, digest, stored, rejected: [] },
  placements: [{ topic: events[0]?.topic ?? ("x" as never), partition: 0, offset: "0", count: stored, at: 1 }]
})

/** What the fake enricher sends for a batch, one kind after another; several replies are sent in turn. */
const garbage: ReadonlyArray<(batch: RawBatch) => ReadonlyArray<Uint8Array>> = [
  () => [new Uint8Array([0x92])],
  (batch) => [writeReply({ receipt: { ...receiptOf(batch), id: newBatchId() } }, 2)],
  (batch) => [writeReply({ receipt: receiptOf(batch, batch.events.length + 1) }, 2)],
  (batch) => [writeReply({ receipt: receiptOf(batch, batch.events.length - 1) }, 2)],
  (batch) => [new Uint8Array(), writeReply({ receipt: receiptOf(batch) }, 2)]
]

describe.skipIf(servers === undefined || !canStartNats)("an enricher that answers garbage", () => {
  let nats: NatsServer
  let fake: NatsConnection
  let cluster: Cluster
  let drainer: Spoor
  let load: Load
  let answered = 0

  const answer = (message: Msg): void => {
    const batch = Enrich.read(message.data)
    answered += 1
    // Once, a batch gets no answer at all; probes do, since they show that the path is healthy.
    if (answered === 3) return
    const named = headers()
    named.set(instanceHeader, "garbage-1")
    const kind = garbage[answered % garbage.length]
    for (const reply of kind?.(batch) ?? []) message.respond(reply, { headers: named })
  }

  beforeAll(async () => {
    nats = await privateNats()
    await nats.start()
    cluster = makeCluster({ ...servers, NATS_URL: nats.url }, { LOG_LEVEL: "Debug" })
    fake = await connect({ servers: nats.url.slice("nats://".length) })
    for (const subject of new Set(Object.values(Enrich.subjects)))
      fake.subscribe(subject, { queue: Enrich.queue, callback: (_, message) => answer(message) })
    for (const actor of ["bridge", "enricher"]) await cluster.start(actor)
    drainer = await cluster.start("drainer")
    load = startLoad({ tracker: { cluster, lines: 10 } })
  }, 60_000)
  afterAll(async () => {
    await load?.stop()
    await cluster?.stop()
    await fake?.close()
    await nats?.remove()
  })

  test("its batches are tried again, and no attempt is counted", async () => {
    await eventually("every kind of garbage was sent several times", () => answered > 4 * garbage.length)
    const attempts = await cluster.redis.hgetall(`{${cluster.queueKey}}:attempts`)
    for (const [name, one] of Object.entries(attempts))
      if (!name.startsWith(">")) expect(one).toStartWith("0 ")
  }, 60_000)

  test("the drainer's log names it", () => {
    expect(drainer.output()).toContain("the reply of instance garbage-1 on spoor.enrich is unusable")
  })

  test("without it every event is stored once, none is dead, and the ledger balances", async () => {
    await fake.drain()
    await load.stop()
    await expectEachOnce(cluster, load)
    const sent = load.accepted().length
    expect(await ledgerOf(cluster)).toMatchObject({ received: sent, stored: sent, dead: 0, balanced: true })
  }, 90_000)
})
