/** The actor attributor: a recount from the log gives the same conversions, through restarts, and what a conversion contains. */
import { expect, test } from "bun:test"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Context, Effect, Logger, type Scope } from "effect"
import { Attributor } from "../../actors/attributor.ts"
import { makeHealth } from "../../actors/runtime/health.ts"
import { start } from "../../actors/runtime/supervisor.ts"
import { EventLog } from "../../bridge/event-log/service.ts"
import { makeSqlite } from "../../bridge/event-log/sqlite/log.ts"
import { KeyedStore } from "../../bridge/keyed-store/service.ts"
import { sqliteKeyedStore } from "../../bridge/keyed-store/sqlite.ts"
import { eventId, newBatchId, Topic } from "../../contracts/ids.ts"
import { eventually } from "../support/eventually.ts"
import { kafka } from "../support/kafka.ts"
import { newName, newTopic, openKafka } from "../support/logs.ts"
import { conversionsIn, keysOf, recount } from "../support/recount-conversions.ts"
import { serverUrl } from "../support/server.ts"

const [events, clicks, conversions] = ["events", "clicks", "conversions"].map((name) => Topic.make(name)) as [
  Topic,
  Topic,
  Topic
]
const [beforeMs, windowMs] = [300, 60_000]
const settings = {
  ...{ KAFKA_TOPIC: "events", KAFKA_TOPICS: "clicks", TIMER_DELAY: "1ms" },
  ...{ ATTRIBUTION_BEFORE: `${beforeMs}ms`, ATTRIBUTION_WINDOW: `${windowMs}ms` }
}

const run = <A>(body: Effect.Effect<A, unknown, Scope.Scope>, given: Record<string, string> = settings) =>
  body.pipe(
    Effect.scoped,
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(given))),
    Effect.provide(Logger.layer([])),
    Effect.runPromise
  )

const running = Effect.fnUntraced(function* (folder: string, log: EventLog["Service"]) {
  const store = yield* sqliteKeyedStore(folder, 3_600_000)
  const context = Context.make(EventLog, log).pipe(Context.add(KeyedStore, store))
  return yield* start(Attributor, context, makeHealth(), () => {})
})

const metaOf = (device: number): string =>
  `type=Mobile&browser=&engine=&version=&os=Android&host=h&pod=p&ts=1&ip=${(0x0a000000 + device).toString(16)}&klag=5&country=DE&city=XX`
const adidOf = (device: number): string => `${String(device).padStart(8, "3")}-8cf0-11bd-b23e-10b96e40000d`
const placeOf = (device: number): string =>
  `10.${device >> 16}.${(device >> 8) & 255}.${device & 255}.android`

const recordOf = (topic: Topic, id: string, type: string, device: number, params: string) => ({
  topic,
  value: new TextEncoder().encode(`${type} ${metaOf(device)} ${params}`),
  headers: { id, received: String(Date.now() - 5) }
})

/** The texts of all records of the topic. */
const textsIn = Effect.fnUntraced(function* (log: EventLog["Service"], topic: Topic) {
  const texts: Array<string> = []
  yield* log.scan({ topics: [topic], since: 0 }, ({ records }) => {
    texts.push(...records.map(({ value }) => new TextDecoder().decode(value)))
    return false
  })
  return texts
})

/** A log of its own for each process, and the names that no other test uses. */
interface Place {
  readonly open: Effect.Effect<EventLog["Service"], unknown, Scope.Scope>
  readonly folder: string
  readonly names: { readonly events: Topic; readonly conversions: Topic; readonly prefix: string }
  readonly processes: number
}

const url = await serverUrl(kafka)
const places: ReadonlyArray<readonly [name: string, place: (() => Place) | undefined]> = [
  [
    "in a file",
    () => {
      const folder = mkdtempSync(join(tmpdir(), "spoor-attributor-"))
      return { open: makeSqlite(folder), folder, names: { events, conversions, prefix: "by-" }, processes: 1 }
    }
  ],
  [
    "on Kafka, with two processes",
    url === undefined
      ? undefined
      : () => ({
          ...{ open: openKafka(url), folder: mkdtempSync(join(tmpdir(), "spoor-attributor-")), processes: 2 },
          names: { events: newTopic(), conversions: newTopic(), prefix: `${newName("by")}-` }
        })
  ]
]

/** Appends clicks and installs of five devices with pauses, some of them twice. */
const load = Effect.fnUntraced(function* (log: EventLog["Service"], to: Topic, part: number, first: number) {
  const batch = newBatchId()
  for (let i = part * 25; i < part * 25 + 25; i++) {
    const [device, id] = [first + (Math.floor(i / 2) % 5), eventId(batch, i)]
    const keys = keysOf(adidOf(device), placeOf(device))
    const one =
      i % 3 === 1
        ? recordOf(to, id, "ist", device, `adid=${adidOf(device)}&n=${i}`)
        : recordOf(clicks, id, "go", device, `campaign=c${i}&lookup_key=${keys[i % keys.length]}`)
    yield* log.append([one, ...(i % 5 === 0 ? [one] : [])], id)
    if (i % 8 === 7) yield* Effect.promise(() => Bun.sleep(Math.random() * beforeMs))
  }
})

for (const [name, place] of places)
  test.skipIf(place === undefined)(
    `its conversions equal a recount from the log, through restarts, ${name}`,
    async () => {
      if (place === undefined) return
      const { open, folder, names, processes } = place()
      const topics = { KAFKA_TOPIC: names.events, CONVERSIONS_TOPIC: names.conversions }
      // The topic of clicks is shared on Kafka: devices are those of this run.
      const first = Math.floor(Math.random() * 1e6)
      const body = Effect.gen(function* () {
        const log = yield* open
        yield* log.ensureTopics([names.events, clicks, names.conversions])
        const starting = Effect.forEach(Array.from({ length: processes }), () =>
          Effect.flatMap(open, (own) => running(folder, own))
        )
        for (let part = 0; part < 3; part++)
          yield* Effect.scoped(Effect.andThen(starting, load(log, names.events, part, first)))
        yield* starting
        const expected = yield* recount(log, [names.events, clicks], { beforeMs, windowMs })
        expect(expected.length).toBeGreaterThan(10)
        const decided = async () => {
          const counted = await Effect.runPromise(conversionsIn(log, names.conversions))
          return counted.conversions.length >= expected.length ? counted.conversions : undefined
        }
        const found = yield* Effect.promise(() => eventually("every install is decided", decided, 60_000))
        expect(found).toEqual([...expected])
      })
      await run(body, { ...settings, ...topics, REKEY_PREFIX: names.prefix })
    },
    120_000
  )

test(
  "a conversion has the parameters of both, and later events of the device become conversions",
  () =>
    run(
      Effect.gen(function* () {
        const folder = mkdtempSync(join(tmpdir(), "spoor-attributor-"))
        const log = yield* makeSqlite(folder)
        yield* log.ensureTopics([events, clicks, conversions])
        yield* running(folder, log)
        const batch = newBatchId()
        const [click, install, opened] = [eventId(batch, 0), eventId(batch, 1), eventId(batch, 2)]
        const [other, paid] = [eventId(batch, 3), eventId(batch, 4)]
        const [key] = keysOf(adidOf(1), undefined)
        yield* log.append(
          [
            recordOf(
              clicks,
              click,
              "click",
              1,
              `network=eccrine&campaign_link_id=41&campaign=a%20b&click=77&adid=${adidOf(1).toUpperCase()}&n=1&lookup_key=${key}`
            ),
            recordOf(events, install, "ist", 1, `adid=${adidOf(1)}&n=2&network=forged&app=shop`),
            recordOf(events, opened, "apo", 1, `adid=${adidOf(1)}`),
            recordOf(events, other, "apo", 2, `adid=${adidOf(2)}`)
          ],
          "one"
        )
        const settled = (count: number) =>
          Effect.promise(() =>
            eventually(`${count} conversions`, async () => {
              const texts = await Effect.runPromise(textsIn(log, conversions))
              return texts.length >= count ? texts : undefined
            })
          )
        yield* settled(2)
        yield* log.append([recordOf(events, paid, "pay", 1, `adid=${adidOf(1)}&amount=9`)], "two")
        const found = (yield* settled(3)).map((text) => {
          const [type = "", , params] = text.split(" ")
          return { type, params: Object.fromEntries(new URLSearchParams(params)) }
        })
        const ofClick = {
          ...{ network: "eccrine", campaign_link_id: "41", campaign: "a b", click: "77", click_id: click },
          ...{ platform: "android", country: "DE", adid: adidOf(1), "click.adid": adidOf(1).toUpperCase() }
        }
        const byType = (type: string) => found.filter((one) => one.type === type).map(({ params }) => params)
        expect(byType("mac")).toEqual([
          expect.objectContaining({
            ...ofClick,
            ...{ event_id: install, n: "1", "event.n": "2", "event.network": "forged", app: "shop" }
          })
        ])
        expect(byType("apo")).toEqual([expect.objectContaining({ ...ofClick, event_id: opened })])
        expect(byType("pay")).toEqual([expect.objectContaining({ ...ofClick, event_id: paid, amount: "9" })])
      })
    ),
  60_000
)

test("it refuses to start where nothing can be attributed", async () => {
  const problem = (given: Record<string, string>) =>
    run(Effect.result(Effect.forEach(Attributor.checks, (check) => check, { discard: true })), given)
  expect(await problem({})).toMatchObject({
    failure: { message: expect.stringMatching(/^attributor reads the topic "clicks", which is none of/) }
  })
  expect(await problem({ KAFKA_TOPICS: "clicks,conversions" })).toMatchObject({
    failure: { message: expect.stringMatching(/^CONVERSIONS_TOPIC "conversions" is one of/) }
  })
  expect(await problem({ KAFKA_TOPICS: "clicks" })).toMatchObject({ _tag: "Success" })
})
