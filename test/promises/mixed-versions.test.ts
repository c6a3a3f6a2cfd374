/**
 * Promise: two neighbouring versions run side by side, and are rolled in any order. Actors of the last release and of this
 * tree share the queue groups under load, in every combination of one old among new and one new among old, forward and
 * back: nothing is lost, dead-lettered or unreadable, every event is stored and counted once, and the ledger is exact.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { connect } from "@nats-io/transport-node"
import { type Cluster, makeCluster, realServers } from "../support/cluster.ts"
import { eventually } from "../support/eventually.ts"
import { extractLastRelease, hasLastRelease, lastRelease, type ReleaseTree } from "../support/last-release.ts"
import { canStartNats, type NatsServer, privateNats } from "../support/nats.ts"
import { type Spoor, startSpoor } from "../support/spoor.ts"
import {
  type Fleet,
  groups,
  handles,
  ledgerOf,
  makeFleet,
  otherOf,
  unreadableIn,
  type Version,
  versions
} from "./mixed-fleet.ts"
import { expectEachOnce, type Load, startLoad } from "./steady-load.ts"

const servers = await realServers()
const canRun = servers !== undefined && canStartNats && hasLastRelease()

describe.skipIf(!canRun)(`this version beside ${lastRelease.version}`, () => {
  let nats: NatsServer
  let release: ReleaseTree
  let cluster: Cluster
  let fleet: Fleet
  let load: Load

  beforeAll(async () => {
    nats = await privateNats()
    await nats.start()
    release = extractLastRelease()
    cluster = makeCluster(
      { ...servers, NATS_URL: nats.url },
      { LOG_LEVEL: "Debug", VIEWER_HOST: "127.0.0.1" }
    )
    fleet = makeFleet(cluster, release)
    for (const group of groups.toReversed())
      await Promise.all([fleet.start(group, "old"), fleet.start(group, "old")])
    await fleet.start("event-counter", "old")
    await fleet.start("event-counter", "new")
    for (const version of versions) await fleet.start("viewer", version)
    load = startLoad({ tracker: { cluster, lines: 10 } })
    await load.accepts(200)
  }, 120_000)

  afterAll(async () => {
    await load?.stop()
    await cluster?.stop()
    await nats?.remove()
    release?.remove()
  })

  /** The senders of a conversation say when they change the format. */
  const writesFormat = (group: "drainer" | "enricher", format: number) =>
    eventually(
      `every new ${group} writes format ${format}`,
      () =>
        fleet
          .members()
          .filter(({ actor, version }) => actor === group && version === "new")
          .every(({ spoor }) => lastFormatIn(spoor.output()) === format),
      40_000
    )

  /** The JSON events that the tap of that version publishes, by stage; it runs only meanwhile. */
  const tapped = async (version: Version): Promise<void> => {
    const stages = new Set<string>()
    const client = await connect({ servers: nats.url.slice("nats://".length) })
    client.subscribe("spoor.tap.*.>", {
      callback: (_, message) => {
        const { stage, raw } = message.json<{ readonly stage: string; readonly raw?: string }>()
        if (raw?.includes("/t/steady") === true || raw?.startsWith("steady") === true) stages.add(stage)
      }
    })
    const tap = await fleet.start("tap", version)
    await eventually(
      `the ${version} tap publishes events of every stage`,
      () => ["raw", "enriched", "stored"].every((stage) => stages.has(stage)),
      40_000
    )
    expect(await tap.spoor.end()).toBe(0)
    await client.close()
  }

  /** Copies of events in flight that a viewer sends to its clients. */
  const watched = async (version: Version): Promise<void> => {
    const viewer = fleet.members().find((one) => one.actor === "viewer" && one.version === version)
    const url = new URL("/live?stage=enriched&type=steady", viewer?.spoor.address("watch them").origin)
    const stop = new AbortController()
    const response = await fetch(url, { signal: stop.signal })
    let text = ""
    for await (const chunk of response.body ?? []) {
      text += new TextDecoder().decode(chunk)
      if (/"stage":"enriched".*steady/.test(text)) break
    }
    stop.abort()
    expect(text).toContain("steady")
  }

  const observers = async (): Promise<void> => {
    for (const version of versions) {
      await tapped(version)
      await watched(version)
    }
  }

  /** One `odd` instance among the others, for each group in turn. */
  const oneAmongOthers = (odd: Version): void => {
    for (const group of groups)
      test(`one ${odd} ${group} among ${otherOf(odd)} actors`, async () => {
        const member = await fleet.replace(group, odd)
        await handles(member, 200)
        if (odd === "old" && group === "enricher") await writesFormat("drainer", 1)
        if (odd === "old" && group === "bridge") await writesFormat("enricher", 1)
        await fleet.replace(group, otherOf(odd))
        await load.accepts(200)
      }, 120_000)
  }

  const roll = (version: Version, order: ReadonlyArray<(typeof groups)[number]>): void =>
    test(`${order.join(", ")}: rolled to the ${version} version under load`, async () => {
      for (const group of order)
        for (let i = 0; i < 2; i++) {
          await fleet.replace(group, version)
          await load.accepts(100)
        }
      expect(fleet.members().filter(({ actor }) => groups.some((group) => group === actor))).toEqual(
        Array.from({ length: 6 }, () => expect.objectContaining({ version }))
      )
    }, 120_000)

  oneAmongOthers("new")
  test(`taps and viewers of both versions see events of ${lastRelease.version}`, observers, 120_000)
  roll("new", ["drainer", "bridge", "enricher"])
  test("a fleet of this version writes format 2", async () => {
    await writesFormat("drainer", 2)
    await writesFormat("enricher", 2)
  }, 60_000)
  test("taps and viewers of both versions see events of this version", observers, 120_000)
  oneAmongOthers("old")
  roll("old", ["enricher", "drainer", "bridge"])
  roll("new", ["bridge", "enricher", "drainer"])

  test("each event is stored once and counted once; nothing is dead or unreadable; the ledger is exact", async () => {
    await load.stop()
    await expectEachOnce(cluster, load)
    const sent = load.accepted().length
    expect(unreadableIn(fleet.outputs())).toEqual([])
    expect(await ledgerOf(cluster)).toMatchObject({
      ...{ received: sent, stored: sent, dead: 0, waiting: 0, inFlight: 0 },
      balanced: true
    })
    for (const { actor, spoor } of fleet.members().filter(({ actor }) => actor === "viewer")) {
      const counted = new URL("/api/counters/event-counter", spoor.address("watch them"))
      await eventually(`${actor} shows ${sent} events`, async () => {
        const { rows } = (await (await fetch(counted)).json()) as {
          readonly rows: Readonly<
            Record<string, ReadonlyArray<{ readonly type: string; readonly count: number }>>
          >
        }
        return rows["by-type"]?.some((row) => row.type === "steady" && Object.values(row).includes(sent))
      })
    }
  }, 90_000)
})

describe.skipIf(!canRun)(`under the NATS accounts of ${lastRelease.version}`, () => {
  test("actors of this version start, write format 1, and say what to allow", async () => {
    const release = extractLastRelease()
    const accounts = readFileSync(release.path("deploy/nats/spoor.conf"), "utf8")
    release.remove()
    const users = Array.from(accounts.matchAll(/^ +user: (\w+)$/gm), ([, user = ""]) => user)
    const passwords = users.map((user) => `NATS_PASSWORD_${user.toUpperCase()}: "of-${user}"`)
    const nats = await privateNats([...passwords, accounts].join("\n"))
    await nats.start()
    const asUser = (user: string) => ({
      NATS_URL: nats.url.replace("//", `//${user}:of-${user}@`),
      NATS_INBOX_PREFIX: `_INBOX.${user}`
    })
    const cluster = makeCluster(servers ?? {})
    const running: Array<Spoor> = []
    for (const group of groups.toReversed())
      running.unshift(await startSpoor([group], { ...cluster.settings, ...asUser(group) }))
    const load = startLoad({ tracker: { cluster, lines: 10 } })
    await load.accepts(500)
    await load.stop()
    await expectEachOnce(cluster, load)
    expect(running[1]?.output()).toContain("Allow the subject spoor.enrich.2 for this actor")
    for (const one of running) expect(await one.end()).toBe(0)
    await cluster.stop()
    await nats.remove()
  }, 90_000)
})

/** The format that a sender last said it writes: the oldest until it says something. */
const lastFormatIn = (output: string): number =>
  Number(Array.from(output.matchAll(/requests are now written in format (\d+)/g)).at(-1)?.[1] ?? 1)
