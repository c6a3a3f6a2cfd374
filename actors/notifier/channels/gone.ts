/** Which answers say that a registered address does not exist any longer. Pure. */
import type { MappingField } from "../../../bridge/device-mappings/service.ts"
import type { Answer, Channel } from "../../../contracts/reactions/delivery.ts"

/** The field of a mapping that has the address of the channel. */
export const fieldOf: Readonly<Record<Channel, MappingField>> = {
  callback: "callbackUrl",
  "web-push": "webPush",
  fcm: "fcmToken",
  onesignal: "oneSignalId"
}

/**
 * A push service says so with 404 or 410, a callback URL with 410, FCM with the error UNREGISTERED (a wrong project is 404
 * too), OneSignal with status 200 and the id among those that are invalid or not subscribed.
 */
export const isGone = (channel: Channel, { status, json }: Answer, address: string): boolean => {
  switch (channel) {
    case "web-push":
      return status === 404 || status === 410
    case "callback":
      return status === 410
    case "fcm":
      return status === 404 && textsIn(json).includes("UNREGISTERED")
    case "onesignal":
      return status >= 200 && status <= 299 && areInvalid(json, address)
  }
}

const areInvalid = (json: unknown, address: string): boolean => {
  const { id, errors } = recordOf(json)
  if (Array.isArray(errors)) return (id ?? "") === "" && /not subscribed/i.test(textsIn(errors).join(" "))
  const { invalid_player_ids: players, invalid_subscription_ids: subscriptions } = recordOf(errors)
  return textsIn([players, subscriptions]).includes(address)
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {}

/** All texts in a value of JSON. */
const textsIn = (value: unknown): ReadonlyArray<string> => {
  if (typeof value === "string") return [value]
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : []
}
