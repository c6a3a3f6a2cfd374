/** The channels that the settings turn on, and the texts: what the deliverer needs to make messages. Read at its start. */
import { Effect, Redacted } from "effect"
import { Failure } from "../../contracts/failure.ts"
import type { Channel } from "../../contracts/reactions/delivery.ts"
import type { Call } from "../../contracts/reactions/rule.ts"
import { readAll } from "../../contracts/setting.ts"
import { vapidPublicKey } from "../inspect/push-settings.ts"
import type { StartFailure } from "../runtime/actor.ts"
import { makeFcmTokens, readServiceAccount } from "./channels/fcm-tokens.ts"
import { readChannelCalls } from "./channels/templated.ts"
import { checkVapidDetails, type VapidDetails } from "./channels/web-push.ts"
import {
  fcmProject,
  fcmServiceAccount,
  notifyChannels,
  notifyTexts,
  oneSignalAppId,
  vapidPrivateKey,
  vapidSubject
} from "./settings.ts"
import { readTexts, type Texts } from "./texts.ts"

/** A channel of a push service: its HTTP call, the app there, and access tokens if it needs them. */
export interface AppChannel {
  readonly call: Call
  readonly app: string
  readonly token: Effect.Effect<string, Failure> | undefined
}

export interface ConfiguredChannels {
  readonly texts: Texts
  readonly vapid: VapidDetails | undefined
  readonly fcm: AppChannel | undefined
  readonly onesignal: AppChannel | undefined
}

/** Whether messages can be sent on that channel. */
export const isConfigured = ({ vapid, fcm, onesignal }: ConfiguredChannels, channel: Channel): boolean => {
  switch (channel) {
    case "callback":
      return true
    case "web-push":
      return vapid !== undefined
    case "fcm":
      return fcm !== undefined
    case "onesignal":
      return onesignal !== undefined
  }
}

/** Fails with `misconfigured` and one sentence for settings or files that cannot work. Connects to nothing. */
export const readChannels: Effect.Effect<ConfiguredChannels, StartFailure> = Effect.gen(function* () {
  const settings = yield* readAll({
    notifyTexts,
    notifyChannels,
    vapidPublicKey,
    vapidPrivateKey,
    vapidSubject,
    oneSignalAppId,
    fcmProject,
    fcmServiceAccount
  })
  return yield* Effect.try({
    try: () => {
      const calls = readChannelCalls(settings.notifyChannels)
      const app = settings.oneSignalAppId
      return {
        texts: readTexts(settings.notifyTexts),
        vapid: vapidDetails(settings.vapidPublicKey, textOf(settings.vapidPrivateKey), settings.vapidSubject),
        fcm: fcmChannel(calls.fcm, settings.fcmProject, textOf(settings.fcmServiceAccount)),
        onesignal: isBlank(app) ? undefined : { call: calls.onesignal, app, token: undefined }
      }
    },
    catch: (cause) =>
      cause instanceof Failure ? cause : new Failure({ reason: "misconfigured", message: String(cause) })
  })
})

const isBlank = (text: string | undefined): text is undefined => text === undefined || text === ""

const textOf = (secret: Redacted.Redacted<string> | undefined): string | undefined =>
  secret === undefined ? undefined : Redacted.value(secret)

/** All three settings or none. */
const vapidDetails = (
  publicKey: string | undefined,
  privateKey: string | undefined,
  subject: string | undefined
): VapidDetails | undefined => {
  if (isBlank(publicKey) && isBlank(privateKey)) return undefined
  if (isBlank(publicKey) || isBlank(privateKey) || isBlank(subject)) {
    throw new Failure({
      reason: "misconfigured",
      message:
        "Web Push needs VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY and VAPID_SUBJECT: `spoor push-keys` makes the keys."
    })
  }
  const details = { publicKey, privateKey, subject }
  try {
    checkVapidDetails(details)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new Failure({
      reason: "misconfigured",
      message: `VAPID_PUBLIC_KEY, VAPID_PRIVATE_KEY or VAPID_SUBJECT is invalid: ${reason}`
    })
  }
  return details
}

/** Undefined without a project. Without an account, a call of NOTIFY_CHANNELS has the authorization itself. */
const fcmChannel = (
  call: Call,
  project: string | undefined,
  accountText: string | undefined
): AppChannel | undefined => {
  const account = isBlank(accountText) ? undefined : readServiceAccount(accountText)
  const app = isBlank(project) ? account?.project : project
  if (isBlank(app)) return undefined
  const isAuthorized =
    call.bearer !== undefined ||
    Object.keys(call.headers ?? {}).some((name) => name.toLowerCase() === "authorization")
  if (account === undefined && !isAuthorized) {
    throw new Failure({
      reason: "misconfigured",
      message:
        "FCM_PROJECT is set, but FCM_SERVICE_ACCOUNT is not: give the key of a service account, or a fcm.yaml with a bearer in NOTIFY_CHANNELS."
    })
  }
  return { call, app, token: account === undefined || isAuthorized ? undefined : makeFcmTokens(account) }
}
