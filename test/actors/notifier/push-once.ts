/** A program for both runtimes: pushes one message to the subscription in its arguments and prints the answer's status. */
import { webPushCall } from "../../../actors/notifier/channels/web-push.ts"
import { DeliveryId, type Message } from "../../../contracts/reactions/delivery.ts"

const [message, subscription, vapid, id, ttl] = process.argv.slice(2)
const call = webPushCall(
  JSON.parse(message ?? "") as Message,
  JSON.parse(subscription ?? ""),
  JSON.parse(vapid ?? ""),
  { id: DeliveryId.make(id ?? ""), ttlMs: Number(ttl) }
)
const { method, headers, body, url } = call
const answer = await fetch(url, {
  method,
  headers: headers.map(([name, value]) => [name, value]),
  body: new Uint8Array(Buffer.from(body ?? ""))
})
process.stdout.write(`${answer.status}`)
