/** The inbox of requests over HTTP on NOTIFIER_PORT. Each is answered when the actor has carried it out. On stop, requests in flight are answered first. */
import { Clock, Duration, Effect, Redacted } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import { readAll } from "../../../contracts/setting.ts"
import { clientAddress, trustedProxies as trusting } from "../../../gateway/http/client-address.ts"
import { addressHeadersSetting, trustedProxies } from "../../../gateway/http/proxy-settings.ts"
import { isLoopback } from "../../inspect/viewer-settings.ts"
import { deliverFor } from "../../rules/settings.ts"
import type { Inbox } from "../../runtime/actor.ts"
import { Self } from "../../runtime/actor-context.ts"
import { served } from "../../runtime/http-server.ts"
import { answerLive, makePublicReady } from "../../runtime/ops-server.ts"
import { replaceableSecret } from "../../runtime/replaceable-secret.ts"
import { type Credentials, credentials } from "../../viewer/auth/credentials.ts"
import type { NotifierAnswer, NotifierRequest } from "../requests.ts"
import {
  chatAppId,
  notifierHost,
  notifierPassword,
  notifierPort,
  notifierUser,
  notifyWindow
} from "../settings.ts"
import { notifierApp } from "./app.ts"

/** The address to listen on. Fails when other machines could connect without a password. */
const readListenAddress = Effect.gen(function* () {
  const { host, password } = yield* readAll({ host: notifierHost, password: notifierPassword })
  if (password !== undefined && Redacted.value(password) !== "") return host ?? "0.0.0.0"
  const address = host ?? "127.0.0.1"
  if (isLoopback(address)) return address
  return yield* new Failure({
    reason: "misconfigured",
    message: `Anybody who reaches the notifier can send messages, so on ${address} (NOTIFIER_HOST) it needs a NOTIFIER_PASSWORD.`
  })
})

/** The credentials of the moment: the password is replaced with its file. */
const readAuth = Effect.gen(function* () {
  const user = yield* notifierUser.config
  const password = yield* replaceableSecret(notifierPassword)
  const current = (): Credentials | undefined => {
    const value = password.value()
    return credentials(value === undefined ? {} : { login: { user, password: value } }, "Spoor notifier")
  }
  const first = current()
  if (first === undefined) return undefined
  const check: Credentials["check"] = (request) => current()?.check(request) ?? "none"
  return { challenge: first.challenge, check }
})

export const notifierRequests: Inbox<NotifierRequest, NotifierAnswer, never> = {
  describes: "requests over HTTP",
  settings: [
    ...[notifierPort, notifierHost, notifierUser, notifierPassword],
    ...[notifyWindow, deliverFor, chatAppId, trustedProxies, addressHeadersSetting]
  ],
  checks: [readListenAddress],
  open: Effect.fnUntraced(function* (mailbox) {
    const { health, announce } = yield* Self
    const settings = yield* readAll({
      ...{ notifierPort, notifyWindow, deliverFor, chatAppId, trustedProxies },
      addressHeaders: addressHeadersSetting
    })
    const hostname = yield* readListenAddress
    const ready = yield* makePublicReady(health)
    const clock = yield* Clock.Clock
    const run = Effect.runPromiseWith(yield* Effect.context<never>())
    const isTrusted = trusting(settings.trustedProxies)
    const fetch = notifierApp({
      ask: (request) => run(mailbox.deliver(request, { events: 1 })),
      auth: yield* readAuth,
      addressOf: (headers, peer) => clientAddress(headers, peer, isTrusted, settings.addressHeaders),
      chatApp: settings.chatAppId,
      windowMs: Duration.toMillis(settings.notifyWindow),
      forMs: Duration.toMillis(settings.deliverFor),
      now: () => clock.currentTimeMillisUnsafe(),
      operations: { live: answerLive, ready: () => Effect.runPromise(ready) }
    })
    const url = yield* served({ port: settings.notifierPort, hostname, fetch }, health.isLeaving)
    announce("register devices", `${url}/register`)
    return Effect.never
  })
}
