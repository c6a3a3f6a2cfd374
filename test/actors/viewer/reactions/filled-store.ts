/** A store of reactions with rules, deliveries in each state, targets in each health, and calls, for the pages to show. */
import { Effect } from "effect"
import type {
  CallRecord,
  NewDelivery,
  ReactionStore,
  Settlement
} from "../../../../bridge/reaction-store/service.ts"
import { DeliveryId, type TargetName } from "../../../../contracts/reactions/delivery.ts"

export const shop = "https://shop.example" as TargetName
export const network = "https://network.example" as TargetName
export const gone = "https://gone.example" as TargetName

const breaker = { failures: 1, openMs: 600_000, maxOpenMs: 3_600_000 }

/** A delivery of that event and rule, due at once, tried for an hour. */
export const delivery = (
  event: string,
  rule: string,
  target: TargetName,
  more: Partial<NewDelivery> = {}
): NewDelivery => ({
  id: DeliveryId.make(`${event}.${rule.replace("/", ".")}`),
  rule,
  target,
  limits: { concurrency: undefined, perSecond: undefined },
  due: Date.now(),
  expires: Date.now() + 3_600_000,
  content: new Uint8Array([1]),
  gates: [],
  ...more
})

/** The text of a call, as a deliverer writes it. */
export const call = (
  rule: string,
  target: TargetName,
  id: string,
  more: Readonly<Record<string, unknown>> = {}
): CallRecord => ({
  at: Date.now(),
  rule,
  target,
  text: JSON.stringify({
    id,
    attempt: 1,
    method: "POST",
    url: `${target}/orders?customer=42`,
    requestHeaders: [
      ["content-type", "application/json"],
      ["authorization", "Bearer •••"],
      ["webhook-id", id]
    ],
    requestBody: '{"order":"4711"}',
    status: 200,
    answerHeaders: [["content-type", "text/plain"]],
    answerBody: "ok <b>bold</b>",
    error: "",
    ms: 12,
    outcome: "delivered",
    ...more
  })
})

/** Claims all that is due, and settles each as `outcomeOf` says. */
export const settleDue = Effect.fnUntraced(function* (
  store: ReactionStore["Service"],
  outcomeOf: (id: string) => Omit<Settlement, "id" | "lease"> | undefined
) {
  const claimed = yield* store.claim("test", { max: 100, leaseMs: 600_000, concurrency: 50 })
  const settlements = claimed.flatMap(({ id, lease }) => {
    const outcome = outcomeOf(id)
    return outcome === undefined ? [] : [{ id, lease, ...outcome }]
  })
  yield* store.settle(settlements, breaker)
})

/**
 * 8 matches of the rule `tell-the-shop`: 4 delivered, 1 dead, 1 suppressed, 1 waiting behind an open breaker, 1 in flight;
 * the rule `postback-pay` of the API whose target answered 410, with reports; and a target that is paused.
 */
export const fillStore = Effect.fnUntraced(function* (store: ReactionStore["Service"]) {
  yield* store.putRule({ name: "postback-pay", text: JSON.stringify(postbackPay) })
  yield* store.putRule({
    name: "postback-old",
    text: JSON.stringify({ ...postbackPay, name: "postback-old", on: false })
  })
  const first = ["e1", "e2", "e3", "e4", "e5"].map((event) => delivery(event, "tell-the-shop", shop))
  yield* store.add([
    ...first,
    delivery("e6", "tell-the-shop", network),
    delivery("p1", "postback-pay", gone),
    delivery("p2", "postback-pay", shop),
    delivery("p1", "postback-pay/report", "queue" as TargetName)
  ])
  const twice = { kind: "once", key: "tell-the-shop x", at: Date.now(), until: Date.now() + 60_000 } as const
  yield* store.add([delivery("e7", "tell-the-shop", shop, { gates: [twice] })])
  yield* store.add([delivery("e8", "tell-the-shop", shop, { gates: [twice] })])
  yield* settleDue(store, (id) => {
    if (id === "e5.tell-the-shop")
      return {
        outcome: { kind: "dead" },
        health: "unknown",
        call: call("tell-the-shop", shop, id, { status: 400, answerBody: "no such order", outcome: "dead" })
      }
    if (id === "p1.postback-pay")
      return {
        outcome: { kind: "dead" },
        health: "unknown",
        disables: true,
        call: call("postback-pay", gone, id, { method: "GET", requestBody: "", status: 410, outcome: "dead" })
      }
    if (id === "e6.tell-the-shop")
      return {
        outcome: { kind: "retry", at: Date.now() + 60_000 },
        health: "failed",
        call: call("tell-the-shop", network, id, {
          status: null,
          answerHeaders: [],
          answerBody: "",
          error: "No connection: the target refused it.",
          outcome: "retry"
        })
      }
    if (id === "e4.tell-the-shop") return undefined
    return {
      outcome: { kind: "delivered" },
      health: "worked",
      call: call(id.includes("postback") ? "postback-pay" : "tell-the-shop", shop, id)
    }
  })
  yield* store.pause(gone)
})

export const postbackPay = {
  name: "postback-pay",
  note: "Tells the network of each payment.",
  when: { type: ["pay", "sub_*"], all: ["params.network = network-one"] },
  do: {
    call: {
      url: "{{ vars.NETWORK }}/postback",
      query: { id: "{{ params.lookup_key }}", token: "{{ secrets.NETWORK_TOKEN }}" },
      report: { type: "pob", params: { status: "{{ answer.status }}" } }
    }
  }
}

export const rulesFileText = `rules:
  - name: tell-the-shop
    note: Tells the shop of each order.
    when: { type: purchase, all: ["params.order exists"] }
    often: { once: "{{ params.order }}", within: 1m }
    do:
      - call:
          method: POST
          url: "{{ vars.SHOP }}/orders"
          query: { customer: "{{ params.customer }}" }
          bearer: "{{ secrets.SHOP_TOKEN }}"
          body: { order: "{{ params.order }}", mail: "{{ params.email }}" }
          as: shop
      - emit: { type: order_told, params: { answer: "{{ answers.shop.status }}" } }
  - name: switched-off
    on: false
    when: { type: app_open }
    do: { emit: { type: opened } }
`
