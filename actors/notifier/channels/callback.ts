/** The callback URL of a device: its message as JSON, as the old notification server sent it. Pure. */
import type { Message } from "../../../contracts/reactions/delivery.ts"
import type { RenderedMessage } from "../messages.ts"

/** The call. `data` and `params` both have the names and values of the message: old receivers read either. */
export const callbackCall = (
  { message, url, title, locale, data }: Message,
  callbackUrl: string
): RenderedMessage => ({
  method: "POST",
  url: callbackUrl,
  headers: [["content-type", "application/json"]],
  body: JSON.stringify({ url, msg: message, locale, title, data, params: data }),
  timeoutMs: undefined,
  accepts: (status) => status >= 200 && status <= 299,
  sign: undefined,
  as: undefined,
  address: callbackUrl
})
