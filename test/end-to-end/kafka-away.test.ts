/** Kafka is unavailable when all actors start, as after a power cut: they wait, report not ready, and continue when it is back. */
import { afterAll, beforeAll, expect, test } from "bun:test"
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
  "bridge, counters, viewer and gateway start without Kafka, and need no restart when it is available",
  async () => {
    const brokers = broker?.url ?? ""
    await broker?.stop()
    const spoor = await startSpoor(["--all"], ownSettings({ KAFKA_BROKERS: brokers }))
    const ready = async () => {
      const answer = await fetch(spoor.address("health"))
      return { code: answer.status, report: await answer.json() }
    }
    const away = await ready()
    expect(away).toMatchObject({ code: 503, report: { status: "not ready" } })
    expect(away.report.seams.find(({ name }: { name: string }) => name === "log")).toMatchObject({
      ok: false,
      error: expect.stringContaining(`No Kafka broker answers at ${brokers}`)
    })
    const lines = (text: string): ReadonlyArray<string> =>
      spoor
        .output()
        .split("\n")
        .filter((line) => line.includes(text))
    await eventually("it is logged", () => lines(`No connection to Kafka at ${brokers}`).length > 0)
    expect(lines("WARN")).toHaveLength(1)
    // The queue is available, so the gateway accepts events.
    expect((await fetch(new URL("/t/power?cut=1", spoor.address("send events")))).status).toBe(200)

    await broker?.start()
    await eventually("the actors are ready", async () => (await ready()).code === 200, 60_000)
    await eventually(
      "the event is stored",
      async () => {
        const records = await readTopic(brokers, "events").catch(() => [])
        return records.some(({ value }) => value.toString().endsWith(" cut=1"))
      },
      60_000
    )
    await eventually(
      "the event is counted",
      async () => {
        const answer = await fetch(new URL("/api/counters/event-counter", spoor.address("watch them")))
        return (await answer.text()).includes("power")
      },
      60_000
    )
    await eventually("its end is logged", () => lines(`Kafka at ${brokers} works again after`).length > 0)
    expect(lines("WARN")).toHaveLength(1)
    expect(await spoor.end()).toBe(0)
  },
  180_000
)
