/** A notification becomes one message for each registered channel of its device, in the device's language. */
import { Clock, Effect } from "effect"
import type { DeviceMapping, DeviceMappings } from "../../bridge/device-mappings/service.ts"
import type { NewDelivery, Suppression } from "../../bridge/reaction-store/service.ts"
import { Failure } from "../../contracts/failure.ts"
import {
  type Channel,
  DeliveryId,
  type Message,
  ownTargets,
  type TargetName
} from "../../contracts/reactions/delivery.ts"
import { encodeContent } from "../../contracts/reactions/delivery-content.ts"
import { channelContext } from "./channels/templated.ts"
import { type ConfiguredChannels, isConfigured } from "./configured-channels.ts"
import type { Expanded, MessageRenderer, NotifyingDelivery, RenderedNotify } from "./messages.ts"
import { standardLocale } from "./texts.ts"

/** Makes `expandNotify` of `Messages`. */
export const makeExpandNotify =
  (mappings: DeviceMappings["Service"], configured: ConfiguredChannels, renderer: () => MessageRenderer) =>
  (delivery: NotifyingDelivery, notify: RenderedNotify): Effect.Effect<Expanded, Failure> =>
    Effect.gen(function* () {
      const mapping = yield* mappings.get(notify.device)
      if (mapping === undefined) return nothing(delivery, "no device")
      const channels = channelsOf(mapping)
      if (channels.length === 0) return nothing(delivery, "no channel")
      const now = yield* Clock.currentTimeMillis
      return yield* final(() => {
        const message = messageOf(delivery, notify, mapping, configured, renderer())
        const parts = channels.map((channel) =>
          isConfigured(configured, channel)
            ? spawned(delivery, { ...message, channel }, mapping, { configured, renderer: renderer(), now })
            : suppression(`${delivery.rule}/${channel}`, "not configured")
        )
        return {
          spawn: parts.flatMap((part) => ("content" in part ? [part] : [])),
          suppressed: parts.flatMap((part) => ("reason" in part ? [part] : []))
        }
      })
    })

/** A template that cannot be rendered is a failure for good. */
export const final = <A>(work: () => A): Effect.Effect<A, Failure> =>
  Effect.try({
    try: work,
    catch: (cause) =>
      cause instanceof Failure
        ? cause
        : new Failure({
            reason: "unreadable",
            message: cause instanceof Error ? cause.message : String(cause)
          })
  })

const suppression = (rule: string, reason: string): Suppression => ({ rule, reason, count: 1 })

const nothing = ({ rule }: NotifyingDelivery, reason: string): Expanded => ({
  spawn: [],
  suppressed: [suppression(`${rule}/device`, reason)]
})

const channelsOf = ({
  callbackUrl,
  webPush,
  fcmToken,
  oneSignalId
}: DeviceMapping): ReadonlyArray<Channel> => [
  ...(callbackUrl === undefined ? [] : (["callback"] as const)),
  ...(webPush === undefined ? [] : (["web-push"] as const)),
  ...(fcmToken === undefined ? [] : (["fcm"] as const)),
  ...(oneSignalId === undefined ? [] : (["onesignal"] as const))
]

/** The message in the device's language. Throws for an unknown text and for a template that cannot be rendered. */
const messageOf = (
  { id, content }: NotifyingDelivery,
  { device, title, message, text: name, url, data }: RenderedNotify,
  mapping: DeviceMapping,
  { texts }: ConfiguredChannels,
  renderer: MessageRenderer
): Omit<Message, "channel"> => {
  const locale = mapping.locale ?? standardLocale
  if (name === undefined) return { device, locale, title, message, url, data }
  const text = texts.find(name, locale)
  if (text === undefined) {
    throw new Failure({
      reason: "unreadable",
      message: `There is no text "${name}": write it into ${standardLocale}.yaml in the folder of NOTIFY_TEXTS.`
    })
  }
  const context = { event: content.event, answers: content.answers, seed: id }
  const render = (template: string): string => renderer.text(template, context).trim()
  return {
    device,
    locale,
    // What the step says itself comes before the text.
    title: title === "" ? render(text.title) : title,
    message: message === "" ? render(text.message) : message,
    url: url === "" && text.url !== undefined ? render(text.url) : url,
    data
  }
}

/** The delivery of a message, due now. A second notification of one event has ids of its own. */
const spawned = (
  { id, rule, expires, content }: NotifyingDelivery,
  message: Message,
  mapping: DeviceMapping,
  made: {
    readonly configured: ConfiguredChannels
    readonly renderer: MessageRenderer
    readonly now: number
  }
): NewDelivery => {
  const step = content.at === 0 ? "" : `${content.at}-`
  const own = DeliveryId.make(`${id}.${step}${message.channel}`)
  const { event, traceparent } = content
  return {
    id: own,
    rule: `${rule}/${message.channel}`,
    target: targetOf(message, mapping, own, made),
    limits: { concurrency: undefined, perSecond: undefined },
    due: made.now,
    expires,
    content: encodeContent({
      ...{ v: 1, event, steps: [], at: 0, answers: {}, message },
      ...(traceparent === undefined ? {} : { traceparent })
    }),
    gates: []
  }
}

/** The origin that the message is sent to. */
const targetOf = (
  message: Message,
  { callbackUrl, webPush }: DeviceMapping,
  id: DeliveryId,
  { configured, renderer }: { readonly configured: ConfiguredChannels; readonly renderer: MessageRenderer }
): TargetName => {
  const { channel } = message
  if (channel === "callback") return originOf(callbackUrl)
  if (channel === "web-push") return originOf(webPush?.endpoint)
  const app = configured[channel]
  return app === undefined
    ? ownTargets.none
    : originOf(renderer.text(app.call.url, channelContext(message, "", app.app, id)))
}

const originOf = (url: string | undefined): TargetName =>
  url !== undefined && URL.canParse(url) ? (new URL(url).origin as TargetName) : ownTargets.none
