/** An event that a rule sends, through line and record to the next rule: its hops are counted, and a loop ends. */
import { expect, test } from "bun:test"
import { emittedLine } from "../../../actors/deliverer/emitted-line.ts"
import { eventOf, fieldsOf } from "../../../actors/rules/read-event.ts"
import type { ByteString } from "../../../contracts/event.ts"
import type { Topic } from "../../../contracts/ids.ts"
import { DeliveryId } from "../../../contracts/reactions/delivery.ts"
import { parseLine } from "../../../contracts/wire/line.ts"
import { formatRecord } from "../../../contracts/wire/record.ts"

const topic = "events" as Topic
const empty = "" as ByteString
const device = { type: "Unknown", browser: empty, engine: empty, version: empty, os: empty } as const
const place = { country: "XX", city: "" }

test("the hops of an event that a rule has sent reach the next rule, whatever its parameters are", () => {
  for (const params of [{}, { spoor_hops: "0" }, { a: "&spoor_hops=0 ", "spoor_hops ": "0" }]) {
    const line = emittedLine({
      ...{ type: "a b/ü", params, id: DeliveryId.make("1.r"), idParam: "idempotency_key" },
      ...{ hops: 3, now: 1_700_000_000_000 }
    })
    const parsed = parseLine(line, { topic, topics: new Set() }, 0)
    if (parsed.kind !== "event") throw new Error(`not an event: ${line}`)
    const text = formatRecord(parsed.event, {
      ...{ device: { ...device, botName: empty, model: empty }, place, now: 1_700_000_000_005 }
    } as Parameters<typeof formatRecord>[1])
    const record = {
      offset: "0",
      timestamp: 1,
      key: undefined,
      value: Buffer.from(text, "latin1"),
      headers: {}
    }
    const fields = fieldsOf(record, topic, "1-0")
    if (fields === undefined) throw new Error(`no record: ${text}`)
    expect(eventOf(fields, 1)).toMatchObject({ type: "a b/ü", hops: 3, params: { idempotency_key: "1.r" } })
  }
})
