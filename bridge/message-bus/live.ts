/** The message bus of this process: NATS when NATS_URL is set, else in process. */
import { Config, Effect, Layer, Redacted } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import { readAll, type Setting, setting } from "../../contracts/setting.ts"
import { natsCreds, natsUrl } from "../settings.ts"
import { makeInProcess } from "./in-process.ts"
import { makeNats } from "./nats-bus.ts"
import { MessageBus } from "./service.ts"

const natsInboxPrefix = setting(
  "NATS_INBOX_PREFIX",
  Config.String,
  "_INBOX.spoor",
  "Below this subject answers arrive; give each NATS user one of its own, so that no other can read them."
)

/** The settings that this service reads. */
export const messageBusSettings: ReadonlyArray<Setting<unknown>> = [natsUrl, natsCreds, natsInboxPrefix]

/** Comes up with or without a server; fails with `unreadable` for settings that cannot work. */
export const layer: Layer.Layer<MessageBus, Failure | Config.ConfigError> = Layer.effect(
  MessageBus,
  Effect.gen(function* () {
    const { url, creds, inboxPrefix } = yield* readAll({
      url: natsUrl,
      creds: natsCreds,
      inboxPrefix: natsInboxPrefix
    })
    if (url === undefined || Redacted.value(url).trim() === "") return makeInProcess()
    return yield* makeNats({ url, creds, inboxPrefix })
  })
)
