/** Any one of the three dependencies can be a real server while the others are embedded. */
import { afterEach, describe, expect, test } from "bun:test"
import { randomUUID } from "node:crypto"
import { realServers } from "../support/cluster.ts"
import { eventually } from "../support/eventually.ts"
import { figure } from "../support/figures.ts"
import { ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

const servers = await realServers()
const dependencies = { REDIS_URL: "queue", NATS_URL: "bus", KAFKA_BROKERS: "log" } as const

describe.skipIf(servers === undefined)("one real dependency", () => {
  let spoor: Spoor
  afterEach(() => spoor.end("SIGKILL"))

  for (const [name, dependency] of Object.entries(dependencies)) {
    test(`${name} alone: the ${dependency} is real, the others are embedded, and an event passes`, async () => {
      const own = `one-${randomUUID().slice(0, 8)}`
      const settings = ownSettings({
        [name]: servers?.[name] ?? "",
        QUEUE_KEY: own,
        KAFKA_TOPIC: own
      })
      spoor = await startSpoor(["--all"], settings)
      for (const one of Object.values(dependencies)) {
        const line = new RegExp(`^  ${one} .*$`, "m").exec(spoor.output())?.[0] ?? ""
        expect([one, line.endsWith("(embedded)")]).toEqual([one, one !== dependency])
      }
      const answer = await fetch(new URL("/t/one?n=1", spoor.address("send events")))
      expect(answer.status).toBe(200)
      for (const actor of ["bridge", "event-counter", "viewer"]) {
        const counted = `spoor_actor_events_total{actor="${actor}",outcome="succeeded"}`
        await eventually(`${actor} has processed the event`, async () => (await figure(spoor, counted)) === 1)
      }
      expect(await spoor.end()).toBe(0)
    })
  }
})
