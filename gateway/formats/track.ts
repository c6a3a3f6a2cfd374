/** `POST /track`: an action as `{"username","target","description"}`. More fields become parameters unchanged. */
import { Schema } from "effect"
import type { AcceptEvents } from "../accept-events.ts"
import type { Json, JsonObject } from "../http/body/json.ts"
import type { ReadBody } from "../http/body/read-body.ts"
import { HttpError } from "../http/errors.ts"
import type { Handler } from "../routes.ts"
import { objectOfBody, queryOf } from "./body-params.ts"
import { joinedQueries } from "./flatten-json.ts"
import { idempotencyKey } from "./idempotency-key.ts"

export const Track = Schema.Struct({
  username: Schema.NonEmptyString,
  target: Schema.NonEmptyString,
  description: Schema.Literals(["CLICK", "VIEW"])
})

const isText = Schema.is(Schema.NonEmptyString)

const fields = [
  { name: "username", is: isText, mustBe: "non-empty text" },
  { name: "target", is: isText, mustBe: "non-empty text" },
  { name: "description", is: Schema.is(Track.fields.description), mustBe: "CLICK or VIEW" }
]

/** Throws an `HttpError` (400) that names the first field that is missing, duplicated or invalid. */
const checked = (object: JsonObject): JsonObject => {
  for (const { name, is, mustBe } of fields) {
    const values: ReadonlyArray<Json> = object.pairs.filter(([key]) => key === name).map(([, value]) => value)
    if (values.length !== 1 || !is(values[0])) {
      throw new HttpError("bad-request", `The field "${name}" must occur once and be ${mustBe}.`)
    }
  }
  return object
}

export const postTrack =
  (accept: AcceptEvents, readBody: ReadBody, answer: () => Response): Handler =>
  async (context) => {
    const { request, target } = context
    const id = idempotencyKey(request.headers)
    const contentType = request.headers.get("content-type")
    const posted = await readBody(request, (bytes) => queryOf(checked(objectOfBody(contentType, bytes))))
    await accept.one(context, { path: target.path, query: joinedQueries(target.query, posted), id })
    return answer()
  }
