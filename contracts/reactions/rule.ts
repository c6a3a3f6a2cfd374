/**
 * A rule: which events cause something, how often, and what is done. Rules are written in a YAML or JSON file, or sent to
 * the API as JSON. Pure: what a condition or a template means is in `actors/rules/`.
 */
import { Schema } from "effect"

const sentence = (isValid: (text: string) => boolean, message: string, pattern?: string) =>
  Schema.String.check(
    Schema.makeFilter(
      (text: string) => (isValid(text) ? undefined : message),
      pattern === undefined ? {} : { toJsonSchema: () => ({ pattern }) }
    )
  )

const namePattern = /^[a-z0-9][a-z0-9-]{0,63}$/

/** The name of a rule: unique, the name of its line in the ledger, part of the ids of its deliveries. */
export const RuleName = sentence(
  (name) => namePattern.test(name),
  "It must be 1 to 64 lower-case letters, digits and dashes.",
  namePattern.source
)

/** A Liquid template, at most 16,384 characters. */
export const Template = Schema.String.check(Schema.isMaxLength(16_384))

/** A condition like `params.action = search`; `actors/rules/condition.ts` parses it. */
export const Condition = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(1_000))

const durationPattern = /^\d+(\.\d+)? ?(ms|s|m|h|d)$/

/** A duration like `30s`, `10m`, `24h` or `7d`. */
export const RuleDuration = sentence(
  (text) => durationPattern.test(text),
  "It must be a duration like 30s, 10m, 24h or 7d.",
  durationPattern.source
)

const oneOrMore = Schema.Union([Schema.String, Schema.Array(Schema.String).check(Schema.isMinLength(1))])

/** All given parts must hold. */
export const When = Schema.Struct({
  type: Schema.optionalKey(oneOrMore).annotateKey({ description: "Event types, or globs like `app_*`." }),
  topic: Schema.optionalKey(oneOrMore).annotateKey({ description: "Topics, or globs." }),
  all: Schema.optionalKey(Schema.Array(Condition)).annotateKey({ description: "Each must hold." }),
  any: Schema.optionalKey(Schema.Array(Condition)).annotateKey({ description: "At least one must hold." })
})

/** How often a rule may match. Keys are templates; times are those of the log. Default: each event. */
export const Often = Schema.Union([
  Schema.Literal("each"),
  Schema.Struct({ once: Template, within: RuleDuration }).annotate({
    description: "Once for each key per window; a window begins with the event that matched."
  }),
  Schema.Struct({ first: Template }).annotate({ description: "The first ever for each key." }),
  Schema.Struct({ atMost: Schema.Int.check(Schema.isGreaterThan(0)), per: RuleDuration }).annotate({
    description: "At most that many per interval."
  })
])

const texts = Schema.Record(Schema.String, Template)

/** An HTTP call. Everything but `timeout`, `accept` and `as` is a template. */
export const Call = Schema.Struct({
  method: Schema.optionalKey(Schema.Literals(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])),
  url: Template,
  query: Schema.optionalKey(texts).annotateKey({
    description: "Parameters to append to the URL, percent-encoded; one that renders empty is left out."
  }),
  headers: Schema.optionalKey(texts),
  body: Schema.optionalKey(
    Schema.Union([Template, Schema.Record(Schema.String, Schema.Unknown)])
  ).annotateKey({
    description: "A text, or an object whose texts are templates, which is sent as JSON."
  }),
  basic: Schema.optionalKey(Schema.Struct({ user: Template, password: Template })).annotateKey({
    description: "Sends `Authorization: Basic`, unless both render empty."
  }),
  bearer: Schema.optionalKey(Template),
  sign: Schema.optionalKey(Schema.String).annotateKey({
    description:
      "The name of the secret for Standard Webhooks; default: WEBHOOK_SECRET; `none` sends no signature."
  }),
  timeout: Schema.optionalKey(RuleDuration),
  accept: Schema.optionalKey(Schema.Array(Schema.Int)).annotateKey({
    description: "Status codes that count as delivered; default: 200 to 299."
  }),
  as: Schema.optionalKey(Schema.String).annotateKey({ description: "Later steps read `answers.<as>`." }),
  report: Schema.optionalKey(Schema.suspend(() => Emit)).annotateKey({
    description: "An event for each answer, whatever its status; its templates read `answer`."
  })
})

/** An event that goes back through the queue. */
export const Emit = Schema.Struct({ type: Template, params: Schema.optionalKey(texts) })

/** A message to a device, on every channel that is registered for it. */
export const Notify = Schema.Struct({
  device: Template,
  title: Schema.optionalKey(Template),
  message: Schema.optionalKey(Template),
  /** The name of a text of the notifier's template files, instead of title and message. */
  text: Schema.optionalKey(Schema.String),
  url: Schema.optionalKey(Template),
  data: Schema.optionalKey(texts)
})

/** One step; the next one begins when it has succeeded. `if`: a template that must render to a text other than empty and `false`. */
export const Step = Schema.Union([
  Schema.Struct({ call: Call, if: Schema.optionalKey(Template) }),
  Schema.Struct({ emit: Emit, if: Schema.optionalKey(Template) }),
  Schema.Struct({ notify: Notify, if: Schema.optionalKey(Template) })
])

export const Rule = Schema.Struct({
  name: RuleName,
  note: Schema.optionalKey(Schema.String),
  on: Schema.optionalKey(Schema.Boolean).annotateKey({ description: "False turns the rule off." }),
  when: When,
  often: Schema.optionalKey(Often),
  do: Schema.Union([Step, Schema.Array(Step).check(Schema.isMinLength(1), Schema.isMaxLength(10))]),
  /** Limits of each target of this rule. */
  limits: Schema.optionalKey(
    Schema.Struct({
      concurrency: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
      perSecond: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThan(0)))
    })
  ),
  /** How long a delivery is tried; default and maximum: DELIVER_FOR. */
  for: Schema.optionalKey(RuleDuration)
})
export type Rule = typeof Rule.Type
export type When = typeof When.Type
export type Often = typeof Often.Type
export type Call = typeof Call.Type
export type Emit = typeof Emit.Type
export type Notify = typeof Notify.Type
export type Step = typeof Step.Type

/** The content of a rules file. */
export const RulesFile = Schema.Struct({ rules: Schema.Array(Rule) })
export type RulesFile = typeof RulesFile.Type
