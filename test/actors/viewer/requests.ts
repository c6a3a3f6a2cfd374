/** A viewer for tests, called without a server: real ledger and dead-letter services on the given queues, stubs for the rest. */
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ConfigProvider, Effect, Layer, Logger } from "effect"
import { type ViewerOptions, viewerApp } from "../../../actors/viewer/app.ts"
import { type DeadLetterService, makeDeadLetterService } from "../../../actors/viewer/dead-letters/service.ts"
import type { History } from "../../../actors/viewer/history/service.ts"
import { type LedgerService, makeLedgerService } from "../../../actors/viewer/ledger.ts"
import { liveFeed } from "../../../actors/viewer/live/feed.ts"
import { makeReactionService, type ReactionService } from "../../../actors/viewer/reactions/service.ts"
import { EventLog } from "../../../bridge/event-log/service.ts"
import { makeSqlite } from "../../../bridge/event-log/sqlite/log.ts"
import * as GeoIpLive from "../../../bridge/geo-ip/layer.ts"
import { IngestQueue, type QueueSource } from "../../../bridge/ingest-queue/service.ts"
import { ReactionStore } from "../../../bridge/reaction-store/service.ts"
import { sqliteReactionStore } from "../../../bridge/reaction-store/sqlite/store.ts"
import { Topic } from "../../../contracts/ids.ts"

const topics = [Topic.make("events"), Topic.make("clicks")]

/** A directory of its own, removed with the scope. */
export const ownDirectory = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "spoor-viewer-"))),
  (made) => Effect.promise(() => rm(made, { recursive: true }))
)

/** A log in its own directory, with the topics of these tests. */
export const openLog = Effect.gen(function* () {
  const directory = yield* ownDirectory
  const log = yield* makeSqlite(directory)
  yield* log.ensureTopics(topics)
  return log
})

/** The viewer's services of the queues. */
export interface Services {
  readonly ledger: LedgerService
  readonly deadLetters: DeadLetterService
  readonly reactions: ReactionService
}

/** How long the store of reactions remembers, ms, in these tests. */
const horizonMs = 86_400_000

/** The services on these queues, this log and this store of reactions (default: an own one), with the topic `clicks` beside `events`, and more settings. */
export const servicesOn = Effect.fnUntraced(function* (
  sources: ReadonlyArray<QueueSource>,
  log: EventLog["Service"],
  more: Readonly<Record<string, string>> = {},
  given?: ReactionStore["Service"]
) {
  const reactions = given ?? (yield* sqliteReactionStore(yield* ownDirectory, horizonMs))
  const layer = Layer.mergeAll(
    Layer.succeed(IngestQueue, IngestQueue.of({ push: () => Effect.die("not pushed to"), sources })),
    Layer.succeed(EventLog, log),
    Layer.succeed(ReactionStore, reactions),
    GeoIpLive.layer,
    Logger.layer([])
  )
  const settings = ConfigProvider.layer(ConfigProvider.fromUnknown({ KAFKA_TOPICS: "clicks", ...more }))
  const services = Effect.all({
    ledger: makeLedgerService,
    deadLetters: makeDeadLetterService,
    reactions: makeReactionService
  })
  return yield* services.pipe(Effect.provide(layer), Effect.provide(settings))
})

const unexpected = (): never => {
  throw new Error("This test must not call that.")
}

/** Stubs that fail the test when they are called. */
export const noServices: Services = {
  ledger: { ledger: unexpected, locateEvent: unexpected },
  deadLetters: {
    list: unexpected,
    open: unexpected,
    dryRun: unexpected,
    replay: unexpected,
    discard: unexpected
  },
  reactions: {
    list: unexpected,
    ruleText: unexpected,
    targets: unexpected,
    calls: unexpected,
    put: unexpected,
    remove: unexpected,
    turn: unexpected,
    try: unexpected,
    pause: unexpected,
    resume: unexpected,
    enable: unexpected
  }
}

export const noHistory: History = {
  search: unexpected,
  timeline: unexpected,
  series: unexpected,
  seriesOf: unexpected,
  tablesOf: unexpected,
  sendTest: unexpected,
  gateway: () => undefined
}

export const counterTables: ViewerOptions["counterTables"] = {
  tables: async () => ({ "by-type": [{ key: "<b>app_open</b>", count: 3 }] }),
  table: async () => [{ type: "<b>app_open</b>", events: 3 }],
  reset: unexpected
}

export const viewer = (options: Partial<ViewerOptions> = {}) =>
  viewerApp({
    feed: liveFeed(),
    auth: undefined,
    addressOf: (_, peer) => peer,
    counters: [{ name: "event-counter", title: "Events", tables: ["by-type"] }],
    counterTables,
    system: unexpected,
    status: async () => ({ read: 7 }),
    ...noServices,
    push: { publicKey: undefined, subscribe: unexpected, unsubscribe: unexpected },
    history: noHistory,
    operations: {
      live: () => new Response("live"),
      ready: () => new Response("ready")
    },
    ...options
  })

const noSocket = { address: "127.0.0.1", upgrade: () => undefined }

/** Sends a request to a viewer with these options. */
export const ask = async (
  path: string,
  options: Partial<ViewerOptions> = {},
  init: RequestInit = {}
): Promise<Response> => {
  const request = new Request(`http://localhost:5031${path}`, init)
  if (!request.headers.has("host")) request.headers.set("host", "localhost:5031")
  return viewer(options).fetch(request, noSocket)
}

/** The headers that the viewer's own page sends with a command. */
export const ownPage = {
  origin: "http://localhost:5031",
  "sec-fetch-site": "same-origin",
  "content-type": "application/json"
}

/** Sends a dead-letter command as the viewer's own page does. */
export const sendCommand = (
  path: string,
  services: Partial<Services>,
  body: unknown,
  headers: Readonly<Record<string, string>> = ownPage
): Promise<Response> =>
  ask(`/api/dead-letters/${path}`, services, { method: "POST", headers, body: JSON.stringify(body) })
