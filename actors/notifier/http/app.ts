/** The notifier's web application: its routes and what they answer. Lives as long as the notifier; keeps no state but that of the login's throttle. */
import { Elysia } from "elysia"
import {
  FieldProblem,
  type RequestFields,
  readDeviceId,
  readMappingFields
} from "../../../bridge/device-mappings/read-fields.ts"
import type { DeviceMapping } from "../../../bridge/device-mappings/service.ts"
import type { OperationalHandler } from "../../../gateway/dispatch.ts"
import { idempotencyKey } from "../../../gateway/formats/idempotency-key.ts"
import type { FindAddress } from "../../../gateway/http/client-address.ts"
import { refuseFailed } from "../../../gateway/http/errors.ts"
import type { Client } from "../../../gateway/http/server-types.ts"
import type { Credentials } from "../../viewer/auth/credentials.ts"
import { json, notFound } from "../../viewer/http/responses.ts"
import { chatMessage } from "../occasions/chat-message.ts"
import { freeform } from "../occasions/freeform.ts"
import { matchFound } from "../occasions/match-found.ts"
import type { NotifierAnswer, NotifierRequest } from "../requests.ts"
import { notifierAdmission } from "./admission.ts"
import { readFields } from "./read-fields.ts"

export interface NotifierOptions {
  /** Resolves when the request has been carried out; rejects with a `Failure`. */
  readonly ask: (request: NotifierRequest) => Promise<NotifierAnswer>
  /** Undefined admits everybody, but only under a loopback host name. */
  readonly auth: Credentials | undefined
  readonly addressOf: FindAddress
  /** The id of the app whose chat service may call the web hook; undefined: none. */
  readonly chatApp: string | undefined
  /** The time in which a pair is notified once, and how long deliveries are tried, ms. */
  readonly windowMs: number
  readonly forMs: number
  readonly now: () => number
  readonly operations: { readonly live: OperationalHandler; readonly ready: OperationalHandler }
}

/** Serves a request of that client. Never rejects. */
export type NotifierApp = (request: Request, client: Client) => Promise<Response>

/** Mappings on a page, unless the client asks for less. */
const maxPage = 1_000
const standardPage = 100

/** NOTE: without `parse: "none"` Elysia reads a body whole, however large, before it calls the handler. */
const unparsed = { parse: "none" } as const

export const notifierApp = (options: NotifierOptions): NotifierApp => {
  const { ask, now, windowMs, forMs, operations } = options
  const admit = notifierAdmission(options.auth)

  /** Reads the fields and carries out what they ask for. */
  const carriedOut = async (
    request: Request,
    read: (fields: RequestFields) => NotifierRequest | Response
  ): Promise<Response> => {
    const body = await readFields(request)
    if ("refused" in body) return body.refused
    const wanted = read(body.value)
    if (wanted instanceof Response) return wanted
    await ask(wanted)
    return isRedirected(request, body.value) ? seeMappings() : json({ status: "ok" })
  }

  const remove = async (id: string): Promise<Response> => {
    const answer = await ask({ kind: "remove", deviceId: id })
    return "done" in answer && answer.done ? json({ status: "ok" }) : notFound()
  }

  const app = new Elysia({ handler: { standardHostname: false } })
    .onError(({ code, error }) => (code === "NOT_FOUND" ? notFound() : refused(error)))
    .get("/health/live", () => operations.live())
    .get("/health/ready", () => operations.ready())
    .post("/register", ({ request }) => carriedOut(request, registration), unparsed)
    .get("/mappings", async ({ request }) => {
      const answer = await ask(pageOf(new URL(request.url, "http://notifier").searchParams))
      if (!("mappings" in answer)) return notFound()
      return json({ mappings: answer.mappings.map(shown), next: answer.next ?? null })
    })
    .delete("/mappings/:id", ({ params }) => remove(params.id), unparsed)
    .post("/mapping/:id/delete", ({ params }) => remove(params.id), unparsed)
    .post(
      "/notify",
      ({ request }) =>
        carriedOut(request, (fields) => ({
          kind: "deliver",
          deliveries: matchFound(fields, now(), windowMs, forMs)
        })),
      unparsed
    )
    .post(
      "/notification",
      ({ request }) =>
        carriedOut(request, (fields) => ({
          kind: "deliver",
          deliveries: freeform(fields, idempotencyKey(request.headers), now(), forMs)
        })),
      unparsed
    )
    .post(
      "/chat",
      ({ request }) =>
        carriedOut(request, (fields) => {
          if (options.chatApp === undefined || fields.app_id !== options.chatApp) return notFound()
          const deliveries = chatMessage(fields, now(), forMs)
          return deliveries === undefined ? json({ status: "ok" }) : { kind: "deliver", deliveries }
        }),
      unparsed
    )
  app.compile()

  return async (request, client) =>
    admit(request, options.addressOf(request.headers, client.address)) ?? app.fetch(request)
}

const registration = (fields: RequestFields): NotifierRequest => ({
  kind: "register",
  deviceId: readDeviceId(fields),
  fields: readMappingFields(fields)
})

/** The old forms name `redirect`, to see the list afterwards. */
const isRedirected = (request: Request, fields: RequestFields): boolean =>
  [fields.redirect ?? "", new URL(request.url, "http://notifier").searchParams.get("redirect") ?? ""].some(
    (value) => value !== ""
  )

const seeMappings = (): Response => new Response(null, { status: 302, headers: { location: "/mappings" } })

/** Throws `FieldProblem`. */
const pageOf = (query: URLSearchParams): NotifierRequest => {
  const limit = Number(query.get("limit") ?? standardPage)
  if (!Number.isInteger(limit) || limit < 1 || limit > maxPage)
    throw new FieldProblem("limit", `must be a whole number from 1 to ${maxPage}.`)
  return { kind: "list", after: query.get("after") ?? undefined, limit }
}

/** A mapping as clients see it: the names of the registration. The keys of a subscription stay here. */
const shown = ({
  deviceId,
  callbackUrl,
  webPush,
  oneSignalId,
  fcmToken,
  locale,
  created,
  updated
}: DeviceMapping) => ({
  device_id: deviceId,
  callback_url: callbackUrl,
  web_push: webPush === undefined ? undefined : { endpoint: webPush.endpoint },
  onesignal_id: oneSignalId,
  fcm_token: fcmToken,
  locale,
  created: new Date(created).toISOString(),
  updated: new Date(updated).toISOString()
})

const refused = (cause: unknown): Response => {
  if (cause instanceof FieldProblem) {
    const { field, message } = cause
    return Response.json(
      { error: "bad-request", message, field },
      { status: 400, headers: { "cache-control": "no-store" } }
    )
  }
  return refuseFailed(cause, {
    busy: "Too many requests at once: try again later.",
    unavailable: "The store is unavailable and nothing was done: try again later."
  })
}
