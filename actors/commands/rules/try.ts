/** Tries rules on records: what each rule would send, with secrets and masked values hidden. Sends nothing. */
import type { LogRecord } from "../../../bridge/event-log/service.ts"
import { byteStringOf, uint8ArrayOf } from "../../../contracts/byte-string.ts"
import type { Topic } from "../../../contracts/ids.ts"
import type { Rule } from "../../../contracts/reactions/rule.ts"
import type { Mask } from "../../inspect/events/mask.ts"
import { visibleRecord } from "../../inspect/events/masked-bytes.ts"
import { type Preview, previewRule } from "../../rules/preview.ts"
import type { Renderer } from "../../rules/render.ts"
import type { RuleSet } from "../../rules/rule-set.ts"
import type { Sample } from "./samples.ts"

/** What a rule does for an event. */
export interface Tried {
  readonly event: { readonly id: string; readonly at: number; readonly topic: Topic }
  readonly preview: Preview
}

/** Matches on the event as it is, and renders what people may see of it. */
export const tryRule = (rule: Rule, { record, topic }: Sample, renderer: Renderer, mask: Mask): Tried => {
  const event = { id: record.headers.id ?? "", at: record.timestamp, topic }
  const preview = previewRule(rule, record, topic, renderer)
  if (!mask.isOn || preview.outcome !== "sent") return { event, preview }
  const shown = previewRule({ ...rule, when: {} }, maskedRecord(record, mask), topic, renderer)
  return { event, preview: { ...preview, often: shown.often, steps: shown.steps } }
}

const maskedRecord = ({ text, value, ...rest }: LogRecord, mask: Mask): LogRecord => ({
  ...rest,
  value: uint8ArrayOf(visibleRecord(text ?? byteStringOf(value), mask))
})

/** How often each rule matched, and the first matches. */
export interface Matches {
  readonly records: number
  readonly byRule: ReadonlyMap<string, number>
  readonly first: ReadonlyArray<Tried>
}

/** Collects the matches of all records that it is given; renders the first `limit` of them only. */
export const collectMatches = (rules: RuleSet, renderer: Renderer, mask: Mask, limit: number) => {
  const byRule = new Map(rules.rules.map(({ name }) => [name, 0]))
  const first: Array<Tried> = []
  let records = 0
  return {
    add: (topic: Topic, record: LogRecord): void => {
      records += 1
      for (const { rule } of rules.match(record, topic)) {
        byRule.set(rule.name, (byRule.get(rule.name) ?? 0) + 1)
        if (first.length < limit) first.push(tryRule(rule, { topic, record }, renderer, mask))
      }
    },
    result: (): Matches => ({ records, byRule, first })
  }
}
