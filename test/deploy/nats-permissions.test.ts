/**
 * The accounts of deploy/nats/spoor.conf on a real nats-server: every actor does its work as its own user, the server
 * refuses nothing that an actor does, and it refuses everybody else.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { connect, type NatsConnection } from "@nats-io/transport-node"
import { actorNames } from "../../actors/all.ts"
import { type Cluster, makeCluster, realServers } from "../support/cluster.ts"
import { eventually } from "../support/eventually.ts"
import { canStartNats, type NatsServer, privateNats } from "../support/nats.ts"
import { type Spoor, startSpoor } from "../support/spoor.ts"

const file = readFileSync(join(import.meta.dirname, "..", "..", "deploy", "nats", "spoor.conf"), "utf8")
const users = Array.from(file.matchAll(/^ +user: (\w+)$/gm), ([, user = ""]) => user)
const passwords = users.map((user) => `NATS_PASSWORD_${user.toUpperCase()}: "of-${user}"`)

/** The consumers share a user, and so may consumers of somebody's own. */
const userOf = (actor: string): string =>
  actor === "forwarder" ? "edge" : users.includes(actor) ? actor : "consumer"

const servers = await realServers()

describe.skipIf(servers === undefined || !canStartNats)(
  "under the accounts of deploy/nats/spoor.conf",
  () => {
    let server: NatsServer
    let cluster: Cluster
    const running = new Map<string, Spoor>()
    const urlFor = (user: string): string => server.url.replace("//", `//${user}:of-${user}@`)

    const start = async (actor: string): Promise<void> => {
      const user = userOf(actor)
      const settings = {
        ...cluster.settings,
        NATS_URL: urlFor(user),
        NATS_INBOX_PREFIX: `_INBOX.${user}`,
        ...{ VIEWER_HOST: "127.0.0.1", KAFKA_TOPICS: "clicks" },
        // An edge has a queue of its own.
        ...(actor === "forwarder" ? { REDIS_URL: "", EDGE_CENTRE: "nats" } : {})
      }
      running.set(actor, await startSpoor([actor], settings))
    }

    beforeAll(async () => {
      server = await privateNats([...passwords, file].join("\n"))
      await server.start()
      // The attributor reads the topic of clicks.
      cluster = makeCluster(servers ?? {}, { KAFKA_TOPICS: "clicks" })
      await start("bridge")
      await Promise.all(actorNames.filter((name) => name !== "bridge").map(start))
    }, 120_000)

    afterAll(async () => {
      await Promise.all(Array.from(running.values(), (spoor) => spoor.end("SIGKILL")))
      await cluster?.stop()
      await server?.remove()
    })

    const seenBy = async (subject: string, act: () => Promise<unknown>): Promise<void> => {
      const operator = await connectAs("operator")
      const messages: Array<string> = []
      const subscription = operator.subscribe(subject)
      void (async () => {
        for await (const { subject } of subscription) messages.push(subject)
      })()
      await operator.flush()
      await eventually(`a message on ${subject}`, async () => {
        await act()
        return messages.length > 0
      })
      await operator.close()
    }

    const connectAs = (user: string, more: object = {}): Promise<NatsConnection> =>
      connect({
        servers: server.url,
        user,
        pass: `of-${user}`,
        inboxPrefix: `_INBOX.${user}`,
        reconnect: false,
        ...more
      })

    const send = async (): Promise<void> => {
      const url = new URL("/t/permitted?n=1", running.get("gateway")?.address("send events"))
      expect((await fetch(url)).status).toBe(200)
    }

    test("an event goes from the gateway to Kafka and is counted", async () => {
      await send()
      await eventually("the record is in Kafka", () => cluster.read(cluster.topic).length > 0)
      const viewer = running.get("viewer")?.address("watch them").origin
      await eventually("it is counted", async () => {
        const { rows } = (await (await fetch(`${viewer}/api/counters/event-counter`)).json()) as {
          readonly rows: Readonly<Record<string, ReadonlyArray<{ readonly type: string }>>>
        }
        return rows["by-type"]?.some(({ type }) => type === "permitted") === true
      })
    })

    test("a rejected line is a dead letter, and the operator sees every stage and the tap", async () => {
      await cluster.redis.rpush(cluster.queueKey, "a line that nobody can read")
      await eventually("it is a dead letter", async () => (await cluster.depth()).deadLetters === 1)
      for (const stage of ["received", "enriched", "stored", "consumed"])
        await seenBy(`spoor.events.${stage}.>`, send)
      await seenBy("spoor.events.rejected.>", () => cluster.redis.rpush(cluster.queueKey, "unreadable"))
      await seenBy("spoor.tap.>", send)
    }, 60_000)

    test("the viewer finds every actor", async () => {
      const viewer = running.get("viewer")?.address("watch them").origin
      await eventually("all are found", async () => {
        const view = JSON.stringify(await (await fetch(`${viewer}/api/system`)).json())
        return actorNames.every((name) => view.includes(`"${name}"`))
      })
    })

    test("the drainer learns the formats of the enrichers and writes the newest", async () => {
      await eventually("it writes format 2", async () => {
        await send()
        return running.get("drainer")?.output().includes("written in format 2, on spoor.enrich.2") === true
      })
    }, 60_000)

    test("the server refused nothing that an actor did", () => {
      for (const [actor, spoor] of running) {
        const refused = spoor
          .output()
          .split("\n")
          .filter((line) => /permission|authorization/i.test(line))
        expect([actor, ...refused]).toEqual([actor])
      }
    })

    test("a stranger is refused", async () => {
      const strangers = [{ user: "bridge", pass: "wrong" }, { user: "nobody", pass: "x" }, {}]
      for (const stranger of strangers)
        await expect(connect({ servers: server.url, reconnect: false, ...stranger })).rejects.toThrow(
          /authorization/i
        )
    })

    const forbidden: ReadonlyArray<readonly [user: string, act: "publish" | "subscribe", subject: string]> = [
      ["gateway", "publish", "spoor.store"],
      ["gateway", "subscribe", "spoor.copies.>"],
      ["drainer", "publish", "spoor.store"],
      ["drainer", "publish", "$SRV.STATS"],
      ["gateway", "publish", "spoor.enrich.2"],
      ["enricher", "publish", "spoor.enrich.2"],
      ["enricher", "subscribe", "spoor.enrich.2"],
      ["drainer", "subscribe", "_INBOX.enricher.>"],
      ["drainer", "subscribe", "_INBOX.>"],
      ["enricher", "subscribe", "spoor.enrich"],
      ["enricher", "publish", "spoor.enrich"],
      ["bridge", "publish", "spoor.enrich"],
      ["consumer", "publish", "spoor.store"],
      ["viewer", "publish", "spoor.store"],
      ["deliverer", "publish", "spoor.enrich"],
      ["deliverer", "subscribe", "spoor.copies.>"],
      ["receiver", "publish", "spoor.enrich"],
      ["receiver", "subscribe", "spoor.push"],
      ["edge", "publish", "spoor.enrich"],
      ["edge", "subscribe", "spoor.push"],
      ["edge", "subscribe", "spoor.copies.>"],
      ["tap", "publish", "spoor.events.stored.events"],
      ["operator", "publish", "spoor.enrich"]
    ]
    for (const [user, act, subject] of forbidden)
      test(`${user} may not ${act} ${subject}`, async () => {
        const connection = await connectAs(user)
        const refusals: Array<string> = []
        void (async () => {
          for await (const status of connection.status())
            if (status.type === "error") refusals.push(String(status.error))
        })()
        if (act === "publish") connection.publish(subject, "x")
        else connection.subscribe(subject, { callback: () => {} })
        await eventually("it is refused", () =>
          refusals.some((text) => /permission/i.test(text) && text.includes(subject))
        )
        await connection.close()
      })
  }
)
