/** FCM and OneSignal: HTTP calls as templates, those of NOTIFY_CHANNELS before the bundled ones. Pure, but for reading files. */
import { createHash } from "node:crypto"
import { Failure } from "../../../contracts/failure.ts"
import type { DeliveryId, Message } from "../../../contracts/reactions/delivery.ts"
import { Call } from "../../../contracts/reactions/rule.ts"
import type { MessageContext } from "../messages.ts"
import { bundledFiles, filesOf } from "../yaml-files.ts"

/** The channels whose calls are templates. */
export type TemplatedChannel = "fcm" | "onesignal"

/** `folder`: that of NOTIFY_CHANNELS. Throws `Failure` "misconfigured" for a file that is not a call. */
export const readChannelCalls = (folder: string | undefined): Readonly<Record<TemplatedChannel, Call>> => {
  const own = folder === undefined ? new Map<string, Call>() : filesOf("NOTIFY_CHANNELS", folder, Call)
  const bundled = bundledFiles("channels", Call)
  const callOf = (channel: TemplatedChannel): Call => {
    const call = own.get(channel) ?? bundled.get(channel)
    if (call !== undefined) return call
    throw new Failure({
      reason: "misconfigured",
      message: `The bundled ${channel}.yaml is missing: install Spoor again.`
    })
  }
  return { fcm: callOf("fcm"), onesignal: callOf("onesignal") }
}

/** What the templates read: `token` is the registered address, `app` the project or the app id. */
export const channelContext = (
  { device, title, message, url, locale, data }: Message,
  token: string,
  app: string,
  id: DeliveryId
): MessageContext => ({
  event: {
    id,
    type: "message",
    topic: "messages" as MessageContext["event"]["topic"],
    time: 0,
    lists: {},
    meta: {},
    hops: 0,
    params: {
      ...{ device, title, message, url, locale, token, project: app, app_id: app },
      data: JSON.stringify(url === "" ? data : { ...data, url }),
      idempotency_key: uuidOf(id)
    }
  },
  answers: {},
  seed: id
})

/** The same UUID for every attempt at a delivery. */
const uuidOf = (id: DeliveryId): string =>
  createHash("sha256")
    .update(id)
    .digest("hex")
    .slice(0, 32)
    .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5")
