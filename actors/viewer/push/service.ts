/** Subscriptions of browsers to Web Push, for the page that makes one. Keeps nothing: they are device mappings. */
import { Effect } from "effect"
import {
  maxUrlChars,
  type RequestFields,
  readDeviceId,
  readMappingFields,
  textIn
} from "../../../bridge/device-mappings/read-fields.ts"
import { DeviceMappings } from "../../../bridge/device-mappings/service.ts"
import { vapidPublicKey } from "../../inspect/push-settings.ts"

/** Both throw `FieldProblem` for a missing or invalid field, and reject with a `Failure` when the store is unreachable. */
export interface PushService {
  /** The key that browsers subscribe with; undefined where Web Push is not configured. */
  readonly publicKey: string | undefined
  /** Registers `{device_id, web_push, locale?}`; other channels of the device stay. */
  readonly subscribe: (fields: RequestFields) => Promise<void>
  /** Removes the subscription `{device_id, endpoint}`; false when the device has another one. */
  readonly unsubscribe: (fields: RequestFields) => Promise<boolean>
}

export const makePushService = Effect.gen(function* () {
  const mappings = yield* DeviceMappings
  const publicKey = (yield* vapidPublicKey.config) || undefined
  const service: PushService = {
    publicKey,
    subscribe: async (fields) => {
      const { webPush, locale } = readMappingFields({ web_push: fields.web_push, locale: fields.locale })
      const registered = {
        ...(webPush === undefined ? {} : { webPush }),
        ...(locale === undefined ? {} : { locale })
      }
      await Effect.runPromise(mappings.put(readDeviceId(fields), registered))
    },
    unsubscribe: async (fields) => {
      const endpoint = textIn(fields, "endpoint", maxUrlChars) ?? ""
      return Effect.runPromise(mappings.forget(readDeviceId(fields), "webPush", endpoint))
    }
  }
  return service
})
