/** The services that an actor may require: each with the layer that builds it, its settings and the systems behind it. */
import { type Config, Context, type Effect, type Layer } from "effect"
import * as CampaignLinksLive from "../../bridge/campaign-links/layer.ts"
import type { CampaignLinks } from "../../bridge/campaign-links/service.ts"
import type { Dependency } from "../../bridge/dependency.ts"
import * as DeviceMappingsLive from "../../bridge/device-mappings/layer.ts"
import { DeviceMappings } from "../../bridge/device-mappings/service.ts"
import * as EventLogLive from "../../bridge/event-log/layer.ts"
import { EventLog } from "../../bridge/event-log/service.ts"
import * as GeoIpLive from "../../bridge/geo-ip/layer.ts"
import type { GeoIp } from "../../bridge/geo-ip/service.ts"
import * as IngestQueueLive from "../../bridge/ingest-queue/layer.ts"
import { IngestQueue } from "../../bridge/ingest-queue/service.ts"
import * as KeyedStoreLive from "../../bridge/keyed-store/layer.ts"
import { KeyedStore } from "../../bridge/keyed-store/service.ts"
import * as MessageBusLive from "../../bridge/message-bus/layer.ts"
import { MessageBus } from "../../bridge/message-bus/service.ts"
import * as ProjectionStoreLive from "../../bridge/projection-store/layer.ts"
import { ProjectionStore } from "../../bridge/projection-store/service.ts"
import * as ReactionStoreLive from "../../bridge/reaction-store/layer.ts"
import { ReactionStore } from "../../bridge/reaction-store/service.ts"
import type { Failure } from "../../contracts/failure.ts"
import type { Setting } from "../../contracts/setting.ts"

/**
 * A service that an actor requires. `Id` is the service's type. An actor of your own may require a service of your own.
 *
 * @example
 * ```ts
 * class Prices extends Context.Service<Prices, { readonly of: (item: string) => Effect.Effect<number> }>()("my/Prices") {}
 *
 * const prices: Requirement<Prices> = {
 *   name: "prices",
 *   layer: Layer.succeed(Prices, { of: () => Effect.succeed(1) }),
 *   settings: [],
 *   checks: [],
 *   systems: () => []
 * }
 * ```
 */
export interface Requirement<Id> {
  readonly name: string
  readonly layer: Layer.Layer<Id, Failure | Config.ConfigError>
  readonly settings: ReadonlyArray<Setting<unknown>>
  /** Each fails with one sentence for settings that cannot work. They read settings and files only. */
  readonly checks: ReadonlyArray<Effect.Effect<unknown, Failure | Config.ConfigError>>
  /** The systems behind it in this process, by name. */
  systems(context: Context.Context<Id>): ReadonlyArray<readonly [name: string, dependency: Dependency]>
}

/** The services that a list of requirements provides. */
export type Provided<N> = N extends Requirement<infer Id> ? Id : never

/**
 * The queue: `requires: [ingestQueue]`, then `yield* IngestQueue`.
 *
 * @example
 * ```ts
 * const { push } = yield* IngestQueue
 * ```
 */
export const ingestQueue: Requirement<IngestQueue> = {
  name: "queue",
  layer: IngestQueueLive.layer,
  settings: IngestQueueLive.ingestQueueSettings,
  checks: [IngestQueueLive.readQueueSettings],
  systems: (context) => {
    const { sources } = Context.get(context, IngestQueue)
    return sources.map((source, i) => [sources.length === 1 ? "queue" : `queue ${i + 1}`, source.dependency])
  }
}

/**
 * The bus: `requires: [messageBus]`, then `yield* MessageBus`.
 *
 * @example
 * ```ts
 * const bus = yield* MessageBus
 * yield* bus.publish("shop.prices", encode({ item: "42", price: 7 }))
 * ```
 */
export const messageBus: Requirement<MessageBus> = {
  name: "bus",
  layer: MessageBusLive.layer,
  settings: MessageBusLive.messageBusSettings,
  checks: MessageBusLive.busChecks,
  systems: (context) => [["bus", Context.get(context, MessageBus).dependency]]
}

/**
 * The bus for messages that are published at most once: a publisher works without it, so its health is not checked.
 *
 * @example
 * ```ts
 * requires: [eventLog, progressBus]
 * ```
 */
export const progressBus: Requirement<MessageBus> = { ...messageBus, systems: () => [] }

/**
 * The log: `requires: [eventLog]`, for the inbox `records` and for `yield* EventLog`.
 *
 * @example
 * ```ts
 * { receives: records("audit", "oldest"), requires: [eventLog] }
 * ```
 */
export const eventLog: Requirement<EventLog> = {
  name: "log",
  layer: EventLogLive.layer,
  settings: EventLogLive.eventLogSettings,
  checks: [EventLogLive.readLogSettings],
  systems: (context) => [["log", Context.get(context, EventLog).dependency]]
}

/** A service whose data are on the server or in the folder of the projections. */
const besideProjections = <Id, Service extends { readonly dependency: Dependency }>(
  name: string,
  service: Context.Service<Id, Service>,
  layer: Requirement<Id>["layer"]
): Requirement<Id> => ({
  ...{ name, layer },
  settings: ProjectionStoreLive.projectionStoreSettings,
  checks: ProjectionStoreLive.projectionChecks,
  systems: (context) => [[name, Context.get(context, service).dependency]]
})

/**
 * The state of consumers: `requires: [projectionStore]`, then `yield* ProjectionStore`.
 *
 * @example
 * ```ts
 * const store = yield* ProjectionStore
 * const rows = yield* store.top("my-counter", "by-country", 10)
 * ```
 */
export const projectionStore: Requirement<ProjectionStore> = besideProjections(
  "projections",
  ProjectionStore,
  ProjectionStoreLive.layer
)

/** The state and the timers of keyed actors. */
export const keyedStore: Requirement<KeyedStore> = besideProjections(
  "keyed state",
  KeyedStore,
  KeyedStoreLive.layer
)

/** The deliveries of rules. */
export const reactionStore: Requirement<ReactionStore> = besideProjections(
  "reactions",
  ReactionStore,
  ReactionStoreLive.layer
)

/** How each device is reached. */
export const deviceMappings: Requirement<DeviceMappings> = besideProjections(
  "device mappings",
  DeviceMappings,
  DeviceMappingsLive.layer
)

/** On the servers of the queue, which `ingestQueue` lists. */
export const campaignLinks: Requirement<CampaignLinks> = {
  name: "links",
  layer: CampaignLinksLive.layer,
  settings: CampaignLinksLive.campaignLinksSettings,
  checks: [CampaignLinksLive.readLinksSettings],
  systems: () => []
}

/**
 * The location of addresses: `requires: [geoIp]`, then `yield* GeoIp`.
 *
 * @example
 * ```ts
 * const { locate } = yield* GeoIp
 * const { country } = locate("203.0.113.7")
 * ```
 */
export const geoIp: Requirement<GeoIp> = {
  name: "places",
  layer: GeoIpLive.layer,
  settings: GeoIpLive.geoIpSettings,
  checks: [GeoIpLive.checkGeoIp],
  systems: () => []
}
