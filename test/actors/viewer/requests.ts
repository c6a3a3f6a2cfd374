/** A viewer of a test's own, asked without a server: its real accounts on the queues that are given, nothing else. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Effect, Layer, Logger } from "effect"
import { type ViewerOptions, viewerApp } from "../../../actors/viewer/app.ts"
import { type DeadLetterService, makeDeadLetterService } from "../../../actors/viewer/dead-letters/service.ts"
import type { Past } from "../../../actors/viewer/history/service.ts"
import { liveFeed } from "../../../actors/viewer/live/feed.ts"
import { EventLog } from "../../../bridge/event-log/service.ts"
import { makeSqlite } from "../../../bridge/event-log/sqlite/log.ts"
import * as GeoIpLive from "../../../bridge/geo-ip/layer.ts"
import { IngestQueue, type QueueSource } from "../../../bridge/ingest-queue/service.ts"
import { Topic } from "../../../contracts/ids.ts"

const topics = [Topic.make("events"), Topic.make("clicks")]

/** A log in a folder of its own, with the topics of these tests. */
export const openLog = Effect.gen(function* () {
  const directory = yield* Effect.acquireRelease(
    Effect.promise(() => mkdtemp(join(tmpdir(), "spoor-viewer-"))),
    (made) => Effect.promise(() => rm(made, { recursive: true }))
  )
  const log = yield* makeSqlite(directory)
  yield* log.ensureTopics(topics)
  return log
})

/** What the viewer tells and changes, on these queues and this log, with `clicks` as a topic beside `events`, and more settings. */
export const accountsOn = Effect.fnUntraced(function* (
  sources: ReadonlyArray<QueueSource>,
  log: EventLog["Service"],
  more: Readonly<Record<string, string>> = {}
) {
  const layer = Layer.mergeAll(
    Layer.succeed(IngestQueue, IngestQueue.of({ push: () => Effect.die("not pushed to"), sources })),
    Layer.succeed(EventLog, log),
    GeoIpLive.layer,
    Logger.layer([])
  )
  const settings = ConfigProvider.layer(ConfigProvider.fromUnknown({ KAFKA_TOPICS: "clicks", ...more }))
  return yield* makeDeadLetterService.pipe(Effect.provide(layer), Effect.provide(settings))
})

const unasked = (): never => {
  throw new Error("Nobody was to ask for that here.")
}

/** Accounts that nobody may ask. */
export const noAccounts: DeadLetterService = {
  ledger: unasked,
  locateEvent: unasked,
  letters: unasked,
  letter: unasked,
  tryOut: unasked,
  replay: unasked,
  discard: unasked
}

/** A past that nobody may ask. */
export const noPast: Past = {
  search: unasked,
  journey: unasked,
  series: unasked,
  seriesOf: unasked,
  tablesOf: unasked,
  sendTest: unasked,
  gateway: () => undefined
}

export const viewer = (options: Partial<ViewerOptions> = {}) =>
  viewerApp({
    feed: liveFeed(),
    auth: undefined,
    addressOf: (_, peer) => peer,
    counters: [{ name: "event-counter", title: "Events", tables: ["by-type"] }],
    tables: async () => ({ "by-type": [{ key: "<b>app_open</b>", count: 3 }] }),
    table: async () => [{ type: "<b>app_open</b>", events: 3 }],
    reset: unasked,
    system: unasked,
    status: async () => ({ read: 7 }),
    accounts: noAccounts,
    past: noPast,
    operations: {
      live: () => new Response("live"),
      ready: () => new Response("ready")
    },
    ...options
  })

const noSocket = { address: "127.0.0.1", upgrade: () => undefined }

/** Asks a viewer with these options. */
export const ask = async (
  path: string,
  options: Partial<ViewerOptions> = {},
  init: RequestInit = {}
): Promise<Response> => {
  const request = new Request(`http://localhost:5031${path}`, init)
  if (!request.headers.has("host")) request.headers.set("host", "localhost:5031")
  return viewer(options).fetch(request, noSocket)
}

/** What the viewer's own page sends with an order. */
export const ownPage = {
  origin: "http://localhost:5031",
  "sec-fetch-site": "same-origin",
  "content-type": "application/json"
}

/** Posts an order as the viewer's own page does. */
export const order = (
  path: string,
  accounts: DeadLetterService,
  body: unknown,
  headers: Readonly<Record<string, string>> = ownPage
): Promise<Response> =>
  ask(`/api/dead-letters/${path}`, { accounts }, { method: "POST", headers, body: JSON.stringify(body) })
