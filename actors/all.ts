/**
 * The registry of actors, in the order of the pipeline. The last ones run only when they are named. A process imports only
 * the actors it runs: the code of all of them would take a fifth of its memory.
 */
import type { Actor } from "./runtime/actor.ts"

/** The actors that `--all` runs. */
const standard: Readonly<Record<string, () => Promise<Actor>>> = {
  gateway: async () => (await import("./gateway.ts")).Gateway,
  drainer: async () => (await import("./drainer.ts")).Drainer,
  enricher: async () => (await import("./enricher.ts")).Enricher,
  bridge: async () => (await import("./bridge.ts")).Bridge,
  "event-counter": async () => (await import("./event-counter.ts")).EventCounter,
  "metadata-counter": async () => (await import("./metadata-counter.ts")).MetadataCounter,
  "search-counter": async () => (await import("./search-counter.ts")).SearchCounter,
  "timing-stats": async () => (await import("./timing-stats.ts")).TimingStats,
  reactor: async () => (await import("./reactor.ts")).Reactor,
  deliverer: async () => (await import("./deliverer.ts")).Deliverer,
  viewer: async () => (await import("./viewer.ts")).Viewer
}

const all: typeof standard = {
  ...standard,
  forwarder: async () => (await import("./forwarder.ts")).Forwarder,
  notifier: async () => (await import("./notifier.ts")).Notifier,
  attributor: async () => (await import("./attributor.ts")).Attributor,
  "click-stats": async () => (await import("./click-stats.ts")).ClickStats,
  "postback-stats": async () => (await import("./postback-stats.ts")).PostbackStats,
  receiver: async () => (await import("./receiver.ts")).Receiver,
  sessions: async () => (await import("./sessions.ts")).Sessions,
  tap: async () => (await import("./tap.ts")).Tap
}

export const standardNames: ReadonlyArray<string> = Object.keys(standard)
export const actorNames: ReadonlyArray<string> = Object.keys(all)

/** The actors of these names, in the order of the pipeline; without names, all of them. */
export const loadActors = (names: ReadonlyArray<string> = actorNames): Promise<ReadonlyArray<Actor>> =>
  Promise.all(Object.entries(all).flatMap(([name, load]) => (names.includes(name) ? [load()] : [])))
