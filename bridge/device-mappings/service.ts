/** Device mappings: how each device can be reached with messages. */
import { Context, type Effect } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import type { Dependency } from "../dependency.ts"

/** A browser's subscription to Web Push: the endpoint of its push service and its keys, base64url. */
export interface WebPushSubscription {
  readonly endpoint: string
  readonly p256dh: string
  readonly auth: string
}

/** One device; every field but the id may be absent. Times: ms since 1970. */
export interface DeviceMapping {
  readonly deviceId: string
  readonly callbackUrl?: string
  readonly webPush?: WebPushSubscription
  readonly oneSignalId?: string
  readonly fcmToken?: string
  readonly locale?: string
  readonly created: number
  readonly updated: number
}

/** The fields that can be set and removed. */
export type MappingField = "callbackUrl" | "webPush" | "oneSignalId" | "fcmToken" | "locale"

/**
 * @example
 * const mappings = yield* DeviceMappings
 * yield* mappings.put("device-1", { callbackUrl: "https://app.example/push", locale: "de" })
 */
export class DeviceMappings extends Context.Service<
  DeviceMappings,
  {
    readonly dependency: Dependency
    /** Sets the given fields of a device and keeps the others; makes the mapping when there is none. */
    readonly put: (
      deviceId: string,
      fields: Partial<Pick<DeviceMapping, MappingField>>
    ) => Effect.Effect<"created" | "changed", Failure>
    readonly get: (deviceId: string) => Effect.Effect<DeviceMapping | undefined, Failure>
    /** At most `limit` mappings with ids after `after`, by id. */
    readonly list: (
      after: string | undefined,
      limit: number
    ) => Effect.Effect<
      { readonly mappings: ReadonlyArray<DeviceMapping>; readonly next: string | undefined },
      Failure
    >
    readonly remove: (deviceId: string) => Effect.Effect<boolean, Failure>
    /** Removes one field, if it still has that value (for `webPush`: that endpoint); false when it has not. */
    readonly forget: (deviceId: string, field: MappingField, value: string) => Effect.Effect<boolean, Failure>
  }
>()("spoor/bridge/device-mappings") {}
