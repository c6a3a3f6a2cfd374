/** Reads the fields of a request: a form, or JSON. Keeps nothing. */
import { Schema } from "effect"
import type { RequestFields } from "../../../bridge/device-mappings/read-fields.ts"
import { formBody, jsonBody, type RequestBody } from "../../viewer/http/request-body.ts"

const readJson = jsonBody(Schema.Record(Schema.String, Schema.Unknown), "an object with the fields")

const formOrJson =
  "Send JSON with the content type application/json, or a form with application/x-www-form-urlencoded."

/** The fields, or the error response to send. Of a field that a form has twice, the last one counts. Never fails. */
export const readFields = async (request: Request): Promise<RequestBody<RequestFields>> => {
  if (/^application\/json\b/i.test(request.headers.get("content-type") ?? "")) return readJson(request)
  const form = await formBody(request, formOrJson)
  return "refused" in form ? form : { value: Object.fromEntries(form.value) }
}
