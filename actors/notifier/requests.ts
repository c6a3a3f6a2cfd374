/** What clients ask of the notifier, as its inbox delivers it, and the answers. */
import type { DeviceMapping, MappingField } from "../../bridge/device-mappings/service.ts"
import type { NewDelivery } from "../../bridge/reaction-store/service.ts"

export type NotifierRequest =
  | {
      readonly kind: "register"
      readonly deviceId: string
      readonly fields: Partial<Pick<DeviceMapping, MappingField>>
    }
  | { readonly kind: "list"; readonly after: string | undefined; readonly limit: number }
  | { readonly kind: "remove"; readonly deviceId: string }
  | { readonly kind: "deliver"; readonly deliveries: ReadonlyArray<NewDelivery> }

/** `done` is false for a device that was not registered. */
export type NotifierAnswer =
  | { readonly done: boolean }
  | { readonly mappings: ReadonlyArray<DeviceMapping>; readonly next: string | undefined }
