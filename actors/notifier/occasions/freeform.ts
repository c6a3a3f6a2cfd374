/** `freeform`: a text of somebody to one device. Pure. */
import {
  FieldProblem,
  messageIn,
  type RequestFields,
  readDeviceId,
  textIn
} from "../../../bridge/device-mappings/read-fields.ts"
import type { NewDelivery } from "../../../bridge/reaction-store/service.ts"
import { deliveryOf, occasionOf, oncePer } from "./occasion.ts"

const maxMessageChars = 2_000

/** How long a repeated request with the same key is recognised, ms. */
const keyMs = 24 * 60 * 60_000

/**
 * Reads `type=freeform, deviceid, msg` and, if wanted, `url` and `title`. `key`: that of the client for this message, with
 * which a repeated request sends nothing; undefined without one. Throws `FieldProblem`.
 */
export const freeform = (
  body: RequestFields,
  key: string | undefined,
  now: number,
  forMs: number
): ReadonlyArray<NewDelivery> => {
  if (body.type !== "freeform") throw new FieldProblem("type", "must be freeform.")
  const device = readDeviceId(body, "deviceid")
  const msg = messageIn(body, "msg", maxMessageChars)
  if (msg === undefined) throw new FieldProblem("msg", "is missing: send the text of the message.")
  const url = textIn(body, "url", maxMessageChars) ?? ""
  const title = textIn(body, "title", maxMessageChars) ?? ""
  const unique = key ?? crypto.randomUUID()
  const occasion = occasionOf("freeform", unique, { device, msg, url, title }, now, forMs)
  const step = {
    notify: {
      ...{ device: "{{ params.device }}", text: "freeform", url: "{{ params.url }}" },
      ...{ title: "{{ params.title }}", data: { category: "freeform" } }
    }
  }
  const gates = key === undefined ? [] : [oncePer(`freeform.${key}`, occasion, keyMs)]
  return [deliveryOf(occasion, "freeform", "device", step, gates)]
}
