/**
 * The viewer's history by its API: a test event is sent, found, followed to every consumer, counted in the series and
 * downloaded. Embedded on both runtimes, and on real servers with consumers in other processes.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import type {
  SearchView,
  SeriesView,
  TestAnswer,
  TimelineView
} from "../../actors/inspect/events/messages.ts"
import { type Cluster, makeCluster, realServers } from "../support/cluster.ts"
import { denoProgram } from "../support/deno.ts"
import { eventually } from "../support/eventually.ts"
import { ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

const consumers = ["event-counter", "metadata-counter", "search-counter", "timing-stats", "viewer"]

const suite = (viewer: () => Spoor): void => {
  const page = (): URL => viewer().address("watch them")
  const getJson = async <A>(path: string): Promise<A> => {
    const answer = await fetch(new URL(path, page()))
    expect(answer.status).toBe(200)
    return (await answer.json()) as A
  }
  const send = async (params: Record<string, string>): Promise<TestAnswer> => {
    const answer = await fetch(new URL("/api/test-event", page()), {
      method: "POST",
      headers: { "content-type": "application/json", origin: page().origin },
      body: JSON.stringify({ type: "tried", params })
    })
    return (await answer.json()) as TestAnswer
  }
  const find = (marker: string) =>
    eventually("the event is found", async () => {
      const { events } = await getJson<SearchView>(`/api/search?param=spoor_test=${marker}`)
      return events[0]
    })

  test("a test event is found by its marker, and its timeline has every consumer", async () => {
    // Consumers that have just joined their groups may report older events only.
    const timeline = await eventually(
      "an event that all consumers have reported",
      async () => {
        const { marker, status } = await send({ color: "red" })
        expect(status).toBe(200)
        const { id, type, params } = await find(marker)
        expect([type, params]).toEqual([
          "tried",
          [
            ["color", "red"],
            ["spoor_test", marker]
          ]
        ])
        return await eventually(
          "all consumers have processed the event",
          async () => {
            const current = await getJson<TimelineView>(`/api/events/${id}`)
            const done = current.steps.filter(
              ({ stage, at }) => consumers.includes(stage) && at !== undefined
            )
            return done.length === consumers.length && current
          },
          15_000
        )
      },
      60_000
    )
    expect(timeline).toMatchObject({ state: "stored", troubles: [] })
    const [gateway, queue, drainer, enricher, bridge, log, ...rest] = timeline.steps.map(({ stage }) => stage)
    expect([gateway, queue, drainer, enricher, bridge, log]).toEqual([
      "gateway",
      "queue",
      "drainer",
      "enricher",
      "bridge",
      "log"
    ])
    expect(rest.toSorted()).toEqual(consumers)
    for (const { after = 0 } of timeline.steps) expect(after).toBeGreaterThanOrEqual(0)
    expect(timeline.wholeWay).toBeGreaterThanOrEqual(0)
  }, 90_000)

  test("the series has the event's type", async () => {
    await eventually("a line for its type", async () => {
      const { lines } = await getJson<SeriesView>("/api/series/types?minutes=5")
      const line = lines.find(({ name }) => name === "tried")
      return line?.values.some((value) => (value ?? 0) > 0)
    })
  }, 30_000)

  test("the counts can be downloaded", async () => {
    await eventually("the row of its type", async () => {
      const answer = await fetch(new URL("/counters/event-counter/by-type.csv", page()))
      return /^"tried",[1-9]\d*\r$/m.test(await answer.text())
    })
  }, 30_000)
}

const runtimes = ["bun", ...(denoProgram() === undefined ? [] : (["deno"] as const))] as const
for (const runtime of runtimes) {
  describe(`the history, embedded on ${runtime}`, () => {
    const settings = ownSettings()
    let spoor: Spoor
    beforeAll(async () => {
      spoor = await startSpoor(["--all"], settings, runtime)
    })
    afterAll(() => spoor.end("SIGKILL"))
    suite(() => spoor)

    test("is complete after a restart, as far as the log holds it", async () => {
      const typesOf = async (): Promise<ReadonlyArray<string>> => {
        const answer = await fetch(new URL("/api/series/types?minutes=2", spoor.address("watch them")))
        return ((await answer.json()) as SeriesView).lines
          .filter(({ values }) => values.some((value) => (value ?? 0) > 0))
          .map(({ name }) => name)
      }
      await spoor.end()
      spoor = await startSpoor(["--all"], settings, runtime)
      await eventually("earlier events are in the series", async () => (await typesOf()).includes("tried"))
    }, 30_000)
  })
}

const servers = await realServers()
describe.skipIf(servers === undefined)(
  "the history on real servers, with consumers in other processes",
  () => {
    let cluster: Cluster
    let viewer: Spoor
    beforeAll(async () => {
      cluster = makeCluster(servers ?? {})
      const gateway = await cluster.start("gateway", "drainer", "enricher", "bridge")
      const { origin } = gateway.address("send events")
      await cluster.start("event-counter", "metadata-counter", "search-counter", "timing-stats")
      viewer = await startSpoor(["viewer"], { ...cluster.settings, GATEWAY_URL: `${origin}/` })
    }, 60_000)
    afterAll(async () => {
      await viewer.end("SIGKILL")
      await cluster.stop()
    })
    suite(() => viewer)
  }
)
