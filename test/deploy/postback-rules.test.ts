/** The shipped rules for postbacks: they follow the schema, and name what a conversion and the counter of answers have. */
import { expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Schema } from "effect"
import { parse } from "yaml"
import { conversion } from "../../actors/attributor/conversion.ts"
import { readEvent } from "../../actors/inspect/counters/counted-event.ts"
import { postbackCounting } from "../../actors/postback-stats.ts"
import { RulesFile } from "../../contracts/reactions/rule.ts"

const file = readFileSync(join(import.meta.dirname, "..", "..", "deploy/rules/postbacks.yaml"), "utf8")
const { rules } = Schema.decodeUnknownSync(RulesFile)(parse(file), { onExcessProperty: "error" })

const meta =
  "bot_name&country=DE&device=mobile&device_name=iPhone&ip=3405803777&klag=0&platform=ios&ts=1796119325"
const kept = (topic: string, text: string) => ({ topic: topic as never, at: 1, received: 1, hops: 0, text })
const { params } = conversion(
  "mac",
  kept("clicks", `/t/click ${meta} network=example&campaign_link_id=41&click=77&partner_data=p&lookup_key=k`),
  kept("events", `/t/ist ${meta} adid=38400000-8cf0-11bd-b23e-10b96e40000d&amount=9`)
)

test("the rules of a won install use parameters that conversions have", () => {
  const won = rules.filter(({ when }) => when.type === "mac")
  expect(won.length).toBeGreaterThan(1)
  for (const rule of won) {
    const used = Array.from(JSON.stringify(rule).matchAll(/params\.(\w+)/g), ([, name = ""]) => name)
    expect(used).toContain("network")
    for (const name of used) expect(Object.keys(params)).toContain(name)
  }
})

test("every rule reports its answers as events that the counter of postbacks counts, under an id of its own", () => {
  const ids = rules.map((rule) => {
    const steps = Array.isArray(rule.do) ? rule.do : [rule.do]
    const [report] = steps.flatMap((step) => ("call" in step ? [step.call.report] : []))
    const { pbid = "", rc } = report?.params ?? {}
    expect(rc).toBe("{{ answer.status }}")
    const record = { offset: "0", timestamp: 1, key: undefined, headers: {} }
    const value = new TextEncoder().encode(`${report?.type} ${meta} pbid=${encodeURIComponent(pbid)}&rc=200`)
    const event = readEvent({ ...record, value })
    if (event === undefined) throw new Error("no record")
    expect(postbackCounting.count(event).map(({ key }) => key)).toEqual([pbid, `${pbid} 200`])
    return pbid
  })
  expect(new Set(ids).size).toBe(rules.length)
})
