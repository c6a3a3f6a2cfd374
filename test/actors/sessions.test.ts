/** The actor sessions: a recount from the log gives the same sessions, on one topic and on several, through restarts. */
import { describe, expect, test } from "bun:test"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Context, Effect, Logger, type Scope } from "effect"
import { makeHealth } from "../../actors/runtime/health.ts"
import { start } from "../../actors/runtime/supervisor.ts"
import { Sessions } from "../../actors/sessions.ts"
import { EventLog } from "../../bridge/event-log/service.ts"
import { makeSqlite } from "../../bridge/event-log/sqlite/log.ts"
import { KeyedStore } from "../../bridge/keyed-store/service.ts"
import { sqliteKeyedStore } from "../../bridge/keyed-store/sqlite.ts"
import { eventId, newBatchId, Topic } from "../../contracts/ids.ts"
import { allSeries } from "../../deploy/series-table.ts"
import { denoProgram } from "../support/deno.ts"
import { eventually } from "../support/eventually.ts"
import { recount, sessionsIn } from "../support/recount-sessions.ts"
import { ownSettings, startSpoor } from "../support/spoor.ts"

const gapMs = 150
const topics = [Topic.make("events"), Topic.make("installs")]
const sessionsTopic = Topic.make("sessions")

const settingsOf = (names: ReadonlyArray<Topic>) => ({
  KAFKA_TOPIC: names[0] ?? "",
  KAFKA_TOPICS: names.join(","),
  SESSION_GAP: `${gapMs}ms`,
  TIMER_DELAY: "0ms"
})

const run = <A>(settings: Record<string, string>, body: Effect.Effect<A, unknown, Scope.Scope>): Promise<A> =>
  body.pipe(
    Effect.scoped,
    Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(settings))),
    Effect.provide(Logger.layer([])),
    Effect.runPromise
  )

const meta =
  "type=Desktop&browser=&engine=&version=&os=&host=h&pod=p&ts=1&ip=cb007109&klag=5&country=US&city=XX"

const event = (topic: Topic, type: string, params: string, id: string) => ({
  topic,
  value: new TextEncoder().encode(`${type} ${meta} ${params}`),
  headers: { id, received: String(Date.now() - 5) }
})

const running = Effect.fnUntraced(function* (folder: string) {
  const log = yield* makeSqlite(folder)
  const store = yield* sqliteKeyedStore(folder, 3_600_000)
  const context = Context.make(EventLog, log).pipe(Context.add(KeyedStore, store))
  return { log, store, actor: yield* start(Sessions, context, makeHealth(), () => {}) }
})

/** Appends events of a few devices with pauses around the gap, some of them twice. */
const load = Effect.fnUntraced(function* (
  log: EventLog["Service"],
  names: ReadonlyArray<Topic>,
  count: number
) {
  const batch = newBatchId()
  for (let i = 0; i < count; i++) {
    const topic = names[i % names.length] ?? sessionsTopic
    const id = eventId(batch, i)
    const one = event(topic, "view", `deviceid=device%20${i % 5}&n=${i}`, id)
    yield* log.append(
      [one, ...(i % 4 === 0 ? [one] : []), event(topic, "none", "n=1", eventId(batch, 1_000 + i))],
      String(i)
    )
    if (i % 5 === 4) yield* Effect.promise(() => Bun.sleep(Math.random() * 2 * gapMs))
  }
})

for (const runtime of ["bun", ...(denoProgram() === undefined ? [] : (["deno"] as const))] as const)
  test(`every figure of a keyed actor is there from its start, on ${runtime}`, async () => {
    const spoor = await startSpoor(["sessions"], ownSettings(), runtime)
    const text = await (await fetch(new URL("/metrics", spoor.address("health")))).text()
    const keyed = allSeries().filter(({ name }) => name.startsWith("spoor_keyed_"))
    expect(keyed.length).toBe(9)
    const missing = keyed.filter(({ name }) => !text.includes(`\n${name}{actor="sessions"} `))
    expect(missing.map(({ name }) => name)).toEqual([])
    expect(await spoor.end()).toBe(0)
  }, 30_000)

describe("sessions", () => {
  for (const names of [topics.slice(0, 1), topics]) {
    test(`equal a recount from the log, on ${names.length} topics, through restarts`, () =>
      run(
        settingsOf(names),
        Effect.gen(function* () {
          const folder = mkdtempSync(join(tmpdir(), "spoor-sessions-"))
          const log = yield* makeSqlite(folder)
          yield* log.ensureTopics([...names, sessionsTopic])
          for (let part = 0; part < 3; part++)
            yield* Effect.scoped(Effect.andThen(running(folder), load(log, names, 20)))
          yield* running(folder)
          const expected = yield* recount(log, names, "deviceid", gapMs)
          expect(expected.length).toBeGreaterThan(5)
          const found = yield* Effect.promise(() =>
            eventually("all sessions ended", async () => {
              const { sessions } = await Effect.runPromise(sessionsIn(log, sessionsTopic, "deviceid"))
              return sessions.length >= expected.length ? sessions : undefined
            })
          )
          expect(found).toEqual(expected)
        })
      ))
  }
})
