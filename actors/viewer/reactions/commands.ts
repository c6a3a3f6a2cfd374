/** The commands about reactions as clients send them, and their shapes for error messages. Pure. */
import { Schema } from "effect"

/** Characters of a rule's text. */
const maxRuleChars = 200_000

const Name = Schema.NonEmptyString.check(Schema.isMaxLength(200))
const RuleSource = Schema.String.check(Schema.isMaxLength(maxRuleChars))

/** A rule as JSON, or `{"text": …}` with its YAML or JSON. What is wrong in it is said by the check of rules. */
export const PutCommand = Schema.Record(Schema.String, Schema.Unknown)
export type PutCommand = typeof PutCommand.Type

export const NameCommand = Schema.Struct({ name: Name })

export const TurnCommand = Schema.Struct({ name: Name, on: Schema.Boolean })

/** `rule` is needed to enable a target only. */
export const TargetCommand = Schema.Struct({
  target: Schema.NonEmptyString.check(Schema.isMaxLength(2_000))
})
export const EnableCommand = Schema.Struct({ ...TargetCommand.fields, rule: Name })

const texts = Schema.Record(Schema.String, Schema.String)

/** An event as people write it: `{"type": "buy", "params": {"item": "42"}}`. */
export const WrittenEvent = Schema.Struct({
  type: Schema.NonEmptyString,
  params: Schema.optionalKey(
    Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Array(Schema.String)]))
  ),
  meta: Schema.optionalKey(texts),
  topic: Schema.optionalKey(Schema.String),
  id: Schema.optionalKey(Schema.String),
  time: Schema.optionalKey(Schema.Finite)
})
export type WrittenEvent = typeof WrittenEvent.Type

/** Which rule (its name, or a text that is not saved; default: all) is tried on which event; without one, the rule is checked only. */
export const TryCommand = Schema.Struct({
  rule: Schema.optionalKey(Name),
  text: Schema.optionalKey(RuleSource),
  line: Schema.optionalKey(Schema.String),
  event: Schema.optionalKey(Schema.Union([Schema.String, WrittenEvent]))
})
export type TryCommand = typeof TryCommand.Type

export const shapes = {
  put: 'a rule, like {"name", "when", "do"}, or {"text": its YAML or JSON}',
  name: '{"name": rule}',
  turn: '{"name": rule, "on": true or false}',
  target: '{"target": name}',
  enable: '{"target": name, "rule": name}',
  try: '{"rule": name or "text": YAML or JSON, and "line": text or "event": id or {"type", "params"?, "meta"?}}'
}
