/** The message bus of this process: NATS when NATS_URL is set, else in process. */
import { Config, Effect, Layer, Redacted } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import { readAll, type Setting, secret, setting } from "../../contracts/setting.ts"
import { natsCreds, natsUrl } from "../settings.ts"
import { declareDropped } from "./dropped-messages.ts"
import { makeInProcess } from "./in-process.ts"
import { makeNats } from "./nats/bus.ts"
import { MessageBus } from "./service.ts"
import { signedBus } from "./signed-replies.ts"

const natsInboxPrefix = setting(
  "NATS_INBOX_PREFIX",
  Config.String,
  "_INBOX.spoor",
  "Replies arrive below this subject; give each NATS user its own, so that no other user can read them."
)

const busSecret = secret(
  "BUS_SECRET",
  "Key that signs the replies between actors over NATS: the same for all drainers, enrichers and bridges. Unset: replies are accepted from every responder on that NATS."
)

/** The settings that this service reads. */
export const messageBusSettings: ReadonlyArray<Setting<unknown>> = [
  natsUrl,
  natsCreds,
  natsInboxPrefix,
  busSecret
]

/** Opens with or without a reachable server; fails with `misconfigured` for settings that cannot work. */
export const layer: Layer.Layer<MessageBus, Failure | Config.ConfigError> = Layer.effect(
  MessageBus,
  Effect.gen(function* () {
    yield* declareDropped
    const { key, url, creds, inboxPrefix } = yield* readAll({
      key: busSecret,
      url: natsUrl,
      creds: natsCreds,
      inboxPrefix: natsInboxPrefix
    })
    if (url === undefined || Redacted.value(url).trim() === "") return makeInProcess()
    const bus = yield* makeNats({ url, creds, inboxPrefix })
    if (key !== undefined && Redacted.value(key) !== "") return signedBus(bus, key)
    yield* Effect.logInfo(
      "BUS_SECRET is not set: any client that is allowed to reply on spoor.enrich or spoor.store of this NATS can confirm events as stored. Set it to the same value for all actors."
    )
    return bus
  })
)
