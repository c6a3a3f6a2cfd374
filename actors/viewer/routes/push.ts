/** The routes of Web Push: the key to subscribe with, and a browser's subscription. Keeps nothing. */
import { Schema } from "effect"
import { Elysia } from "elysia"
import { FieldProblem, type RequestFields } from "../../../bridge/device-mappings/read-fields.ts"
import { refuse } from "../../../gateway/http/errors.ts"
import { jsonBody } from "../http/request-body.ts"
import { json } from "../http/responses.ts"
import type { PushService } from "../push/service.ts"

const subscribePath = "/api/push/subscribe"
const unsubscribePath = "/api/push/unsubscribe"

/** The paths that accept POST. */
export const pushPostPaths: ReadonlySet<string> = new Set([subscribePath, unsubscribePath])

const unparsed = { parse: "none" } as const

const readBody = jsonBody(
  Schema.Record(Schema.String, Schema.Unknown),
  '{"device_id": id, "web_push": subscription} or {"device_id": id, "endpoint": URL}'
)

export const pushRoutes = ({ publicKey, subscribe, unsubscribe }: PushService) => {
  const answered = async (
    request: Request,
    work: (fields: RequestFields) => Promise<unknown>
  ): Promise<Response> => {
    const body = await readBody(request)
    if ("refused" in body) return body.refused
    try {
      return json(await work(body.value))
    } catch (cause) {
      if (cause instanceof FieldProblem) return refuse("bad-request", cause.message)
      throw cause
    }
  }
  return new Elysia()
    .get("/api/push", () => json({ publicKey: publicKey ?? null }))
    .post(
      subscribePath,
      ({ request }) =>
        answered(request, async (fields) => {
          await subscribe(fields)
          return { subscribed: true }
        }),
      unparsed
    )
    .post(
      unsubscribePath,
      ({ request }) => answered(request, async (fields) => ({ removed: await unsubscribe(fields) })),
      unparsed
    )
}
