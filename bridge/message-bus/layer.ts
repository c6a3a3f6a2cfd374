/** The message bus of this process: NATS when NATS_URL is set, else in process. */
import { type Config, Effect, Layer, Redacted } from "effect"
import type { Failure } from "../../contracts/failure.ts"
import { readAll, type Setting } from "../../contracts/setting.ts"
import { busSecret, natsCreds, natsInboxPrefix, natsNkey, natsTls, natsUrl } from "../settings.ts"
import { readTlsFiles } from "../tls-files.ts"
import { declareDropped } from "./dropped-messages.ts"
import { makeInProcess } from "./in-process.ts"
import { makeNats } from "./nats/bus.ts"
import type { NatsOptions } from "./nats/connection-types.ts"
import { readDialOptions } from "./nats/options.ts"
import { MessageBus } from "./service.ts"
import { signedBus } from "./signed-replies.ts"

/** The settings that this service reads. */
export const messageBusSettings: ReadonlyArray<Setting<unknown>> = [
  natsUrl,
  natsCreds,
  natsNkey,
  natsTls.ca,
  natsTls.cert,
  natsTls.key,
  natsInboxPrefix,
  busSecret
]

/** The bus that the settings choose. Fails with one sentence for settings that cannot work; connects to nothing. */
export const readBusSettings = Effect.gen(function* () {
  const { key, url, creds, nkey, inboxPrefix } = yield* readAll({
    key: busSecret,
    url: natsUrl,
    creds: natsCreds,
    nkey: natsNkey,
    inboxPrefix: natsInboxPrefix
  })
  const secret = key !== undefined && Redacted.value(key) !== "" ? key : undefined
  if (url === undefined || Redacted.value(url).trim() === "") return { key: secret, nats: undefined }
  const nats: NatsOptions = { url, creds, nkey, inboxPrefix, tls: yield* readTlsFiles(natsTls) }
  yield* readDialOptions(nats)
  return { key: secret, nats }
})

/** Stands for a valid value, so that the other options are checked although it is not. */
const valid = { url: Redacted.make("tls://valid"), creds: undefined, inboxPrefix: "_INBOX.valid" }

/** Each fails with one sentence for settings that cannot work. */
export const busChecks = [
  readBusSettings,
  Effect.flatMap(natsInboxPrefix.config, (inboxPrefix) => readDialOptions({ ...valid, inboxPrefix })),
  Effect.flatMap(natsCreds.config, (creds) => readDialOptions({ ...valid, creds })),
  Effect.flatMap(natsNkey.config, (nkey) => readDialOptions({ ...valid, nkey })),
  readTlsFiles(natsTls)
]

/** Opens with or without a reachable server; fails with `misconfigured` for settings that cannot work. */
export const layer: Layer.Layer<MessageBus, Failure | Config.ConfigError> = Layer.effect(
  MessageBus,
  Effect.gen(function* () {
    yield* declareDropped
    const { key, nats } = yield* readBusSettings
    if (nats === undefined) return makeInProcess()
    const bus = yield* makeNats(nats)
    if (key !== undefined) return signedBus(bus, key)
    yield* Effect.logInfo(
      "BUS_SECRET is not set: any client that is allowed to reply on spoor.enrich or spoor.store of this NATS can confirm events as stored. Set it to the same value for all actors."
    )
    return bus
  })
)
