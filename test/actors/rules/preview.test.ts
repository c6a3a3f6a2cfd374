/** What `rules try`, the API and a dry run show: why a rule does not match, what is sent, and no secret in it. */
import { expect, test } from "bun:test"
import { deliveryOf, isSuppression } from "../../../actors/rules/deliveries.ts"
import { previewContent, previewRule } from "../../../actors/rules/preview.ts"
import { makeRenderer } from "../../../actors/rules/render.ts"
import { compileRules } from "../../../actors/rules/rule-set.ts"
import { decodeContent } from "../../../contracts/reactions/delivery-content.ts"
import type { Rule } from "../../../contracts/reactions/rule.ts"
import { recordOf, ruleOf, topic } from "./events.ts"

const renderer = makeRenderer({ vars: {}, secrets: { KEY: "s3cret-value" } })
const preview = (rule: Rule, params = "e") => previewRule(rule, recordOf("bud", params), topic, renderer)

const steps: Rule["do"] = [
  {
    call: {
      ...{ url: "https://geo.example/{{ params.q | url_encode }}", as: "geo", bearer: "{{ secrets.KEY }}" },
      ...{ query: { key: "{{ secrets.KEY }}" }, body: { q: "{{ params.q }}" }, sign: "none" }
    }
  },
  { if: "{{ answers.geo.json.ok }}", emit: { type: "bud", params: { n: "{{ answers.geo.json.n }}" } } },
  { notify: { device: "{{ params.q }}", title: "Hi" } }
]

test("the requests of all steps, secrets masked; what only an answer gives is named", () => {
  expect(preview(ruleOf("one", { do: steps }), "q=a+b")).toEqual({
    ...{ rule: "one", outcome: "sent", why: undefined, often: undefined },
    steps: [
      {
        ...{ kind: "call", target: "https://geo.example", isSkipped: false, waitsFor: [] },
        call: {
          ...{
            method: "POST",
            url: "https://geo.example/a%20b?key=•••",
            body: '{"q":"a b"}',
            signature: "none"
          },
          headers: [
            ["content-type", "application/json"],
            ["authorization", "Bearer •••"]
          ]
        }
      },
      { kind: "emit", target: "queue", isSkipped: true, waitsFor: ["geo"] },
      {
        ...{ kind: "notify", target: "devices", isSkipped: false, waitsFor: [] },
        notify: { device: "a b", title: "Hi", message: "", url: "", data: {} }
      }
    ]
  })
})

test("a rule that does not match says why; so does one that suppresses or fails", () => {
  expect(preview(ruleOf("one", { when: { type: "geo" } }))).toMatchObject({
    ...{ outcome: "not matched", why: "the type is not geo", steps: [] }
  })
  expect(preview(ruleOf("one", { often: { first: "{{ params.d }}" } }))).toMatchObject({
    ...{ outcome: "suppressed", why: "no key" }
  })
  expect(preview(ruleOf("one", { often: { once: "{{ params.d }}", within: "1m" } }), "d=7")).toMatchObject({
    ...{ outcome: "sent", often: 'once within 1m for the key "7"' }
  })
  expect(preview(ruleOf("one", { do: { call: { url: "{{ params.none }}" } } })).steps).toEqual([
    { kind: "call", target: "none", isSkipped: false, waitsFor: [], problem: "The URL renders empty." }
  ])
  expect(previewRule(ruleOf("one"), { ...recordOf("x"), value: Buffer.from("x") }, topic, renderer).why).toBe(
    "the record is no event"
  )
})

test("the rest of a stored delivery, with the answers that it has", () => {
  const rule = ruleOf("one", { do: steps })
  const [match] = compileRules([rule], renderer).match(recordOf("bud", "q=a"), topic)
  if (match === undefined) throw new Error("no match")
  const delivery = deliveryOf(match, renderer, { now: 0, deliverForMs: 1 })
  if (isSuppression(delivery)) throw new Error("suppressed")
  const answers = { geo: { status: 200, body: "", json: { ok: "yes", n: 7 } } }
  const content = { ...decodeContent(delivery.content), at: 1, answers }
  expect(previewContent(content, delivery.id, renderer)).toMatchObject([
    { kind: "emit", isSkipped: false, waitsFor: [], emit: { type: "bud", params: { n: "7" } } },
    { kind: "notify" }
  ])
})
