/** Makes what the deliverer needs of the notifier (`Messages`). Keeps access tokens; lives as long as the deliverer. */
import { Clock, Effect } from "effect"
import { type DeviceMapping, DeviceMappings } from "../../bridge/device-mappings/service.ts"
import { Failure } from "../../contracts/failure.ts"
import type { DeliveryId, Message } from "../../contracts/reactions/delivery.ts"
import type { Rule } from "../../contracts/reactions/rule.ts"
import type { StartFailure } from "../runtime/actor.ts"
import { callbackCall } from "./channels/callback.ts"
import { fieldOf, isGone } from "./channels/gone.ts"
import { channelContext, type TemplatedChannel } from "./channels/templated.ts"
import { webPushCall } from "./channels/web-push.ts"
import { type ConfiguredChannels, readChannels } from "./configured-channels.ts"
import { final, makeExpandNotify } from "./expand-notify.ts"
import type { MessageRenderer, Messages, RenderedMessage } from "./messages.ts"

/**
 * `renderer` is asked at each use, so that replaced secrets are taken. Fails with `misconfigured` and one sentence for
 * settings, texts or channels that cannot work.
 *
 * @example
 * const messages = yield* makeMessages(() => renderer)
 * const { spawn, suppressed } = yield* messages.expandNotify(delivery, renderer.notify(step.notify, context))
 */
export const makeMessages = (
  renderer: () => MessageRenderer
): Effect.Effect<Messages, StartFailure, DeviceMappings> =>
  Effect.gen(function* () {
    const mappings = yield* DeviceMappings
    const configured = yield* readChannels
    yield* checkTemplates(configured, renderer())
    const expandNotify = makeExpandNotify(mappings, configured, renderer)

    const renderMessage: Messages["renderMessage"] = Effect.fnUntraced(function* (message, delivery) {
      const mapping = yield* mappings.get(message.device)
      const now = yield* Clock.currentTimeMillis
      switch (message.channel) {
        case "callback": {
          const { callbackUrl } = mapping ?? {}
          return callbackUrl === undefined ? yield* unregistered(message) : callbackCall(message, callbackUrl)
        }
        case "web-push": {
          const { webPush } = mapping ?? {}
          const { vapid } = configured
          if (webPush === undefined) return yield* unregistered(message)
          if (vapid === undefined) return yield* notConfigured(message)
          const ttlMs = delivery.expires - now
          return yield* final(() => webPushCall(message, webPush, vapid, { id: delivery.id, ttlMs }))
        }
        case "fcm":
        case "onesignal":
          return yield* templatedCall(
            configured,
            renderer(),
            { ...message, channel: message.channel },
            mapping,
            delivery.id
          )
      }
    })

    return {
      expandNotify,
      renderMessage,
      afterMessage: (message, address, answer) =>
        isGone(message.channel, answer, address)
          ? Effect.as(mappings.forget(message.device, fieldOf[message.channel], address), "gone" as const)
          : Effect.succeed("there" as const)
    }
  })

/** The call of a channel whose call is a template, with its access token. */
const templatedCall = Effect.fnUntraced(function* (
  configured: ConfiguredChannels,
  renderer: MessageRenderer,
  message: Message & { readonly channel: TemplatedChannel },
  mapping: DeviceMapping | undefined,
  id: DeliveryId
): Effect.fn.Return<RenderedMessage, Failure> {
  const app = configured[message.channel]
  const address = message.channel === "fcm" ? mapping?.fcmToken : mapping?.oneSignalId
  if (address === undefined) return yield* unregistered(message)
  if (app === undefined) return yield* notConfigured(message)
  const call = yield* final(() => renderer.call(app.call, channelContext(message, address, app.app, id)))
  if (app.token === undefined) return { ...call, address }
  const token = yield* app.token
  return { ...call, headers: [...call.headers, ["authorization", `Bearer ${token}`]], address }
})

const unregistered = ({ device, channel }: Message): Failure =>
  new Failure({
    reason: "unreadable",
    message: `The device "${device}" is no longer registered for ${channel}.`
  })

const notConfigured = ({ channel }: Message): Failure =>
  new Failure({
    reason: "misconfigured",
    message: `Messages by ${channel} are turned off: set its settings, then replay this.`
  })

/** Fails with one sentence for a text or a channel with an invalid template. */
const checkTemplates = (
  { texts, fcm, onesignal }: ConfiguredChannels,
  renderer: MessageRenderer
): Effect.Effect<void, Failure> =>
  Effect.try({
    try: () => {
      for (const [place, { title, message, url }] of texts.all) {
        const notify = { device: "device", title, message, ...(url === undefined ? {} : { url }) }
        checked(place, { name: "text", when: {}, do: { notify } }, renderer)
      }
      if (fcm !== undefined) checked("fcm.yaml", { name: "fcm", when: {}, do: { call: fcm.call } }, renderer)
      if (onesignal !== undefined)
        checked("onesignal.yaml", { name: "onesignal", when: {}, do: { call: onesignal.call } }, renderer)
    },
    catch: (cause) => cause as Failure
  })

const checked = (place: string, rule: Rule, renderer: MessageRenderer): void => {
  try {
    renderer.check(rule)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Failure({ reason: "misconfigured", message: `The template in ${place} is invalid: ${reason}` })
  }
}
