/** A topic that accepts no record until its setting is changed: the event waits, and the pages and metrics say what to do. */
import { afterAll, beforeAll, expect, test } from "bun:test"
import { asAdmin, setTopics } from "../faults/kafka-admin.ts"
import type { World } from "../faults/world.ts"
import { eventually } from "../support/eventually.ts"
import { type Broker, startBroker } from "../support/kafka.ts"
import { readTopic } from "../support/kcat.ts"
import { hasProgram } from "../support/server.ts"
import { ownSettings, startSpoor } from "../support/spoor.ts"

let broker: Broker | undefined
beforeAll(async () => {
  broker = await startBroker()
}, 60_000)
afterAll(() => broker?.remove())

const withBroker =
  hasProgram("java", ["-version"]) && hasProgram("mvn") && hasProgram("kcat", ["-V"]) ? test : test.skip

withBroker(
  "a compacted topic where no record has a key: overview, readiness and metrics name it until it is fixed",
  async () => {
    const brokers = broker?.url ?? ""
    const compacted = [{ name: "cleanup.policy", value: "compact" }]
    await asAdmin({ brokers }, (admin) =>
      admin.createTopics({ topics: [{ topic: "events", configEntries: compacted }] })
    )
    const spoor = await startSpoor(["--all"], ownSettings({ KAFKA_BROKERS: brokers }))
    const ready = async () => {
      const answer = await fetch(spoor.address("health"))
      return { code: answer.status, status: (await answer.json()).status }
    }
    const overview = async () => (await fetch(new URL("/api/system", spoor.address("watch them")))).json()
    const metrics = async () => (await fetch(new URL("/metrics", spoor.address("health")))).text()
    expect(await ready()).toEqual({ code: 200, status: "ready" })

    expect((await fetch(new URL("/t/keyless?a=1", spoor.address("send events")))).status).toBe(200)
    await eventually(
      "the overview names the topic",
      async () => {
        const { condition, sentence } = await overview()
        return (
          condition === "stands still" &&
          /No record of the topic events has a key.*KAFKA_KEY_PARAM/.test(sentence)
        )
      },
      30_000
    )
    expect(await ready()).toEqual({ code: 200, status: "degraded" })
    const text = await metrics()
    expect(text).toContain('spoor_log_topic_waiting{topic="events"} 1')
    expect(text).toMatch(/^spoor_log_refused_total\{.*INVALID_RECORD.*\} \d/m)
    const { stages } = await overview()
    expect(stages.find(({ name }: { name: string }) => name === "queue")).toMatchObject({
      dead: 0,
      inFlight: 1
    })

    await setTopics({ brokers } as World, ["events"], { "cleanup.policy": "delete" })
    await eventually(
      "the event is stored",
      async () => (await readTopic(brokers, "events")).length === 1,
      90_000
    )
    await eventually("the actors are ready", async () => (await ready()).status === "ready", 10_000)
    expect(await metrics()).toContain('spoor_log_topic_waiting{topic="events"} 0')
    await eventually(
      "the overview has recovered",
      async () => (await overview()).condition !== "stands still",
      30_000
    )
    expect(await spoor.end()).toBe(0)
  },
  240_000
)
