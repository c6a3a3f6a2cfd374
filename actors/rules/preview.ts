/**
 * What would be sent for an event, without sending: for `rules try`, the API's try and the dry run of dead letters. Secrets
 * are masked in all texts. Pure.
 */
import type { LogRecord } from "../../bridge/event-log/service.ts"
import type { Topic } from "../../contracts/ids.ts"
import type { Answer, DeliveryContent, ReactionEvent } from "../../contracts/reactions/delivery.ts"
import type { Rule, Step } from "../../contracts/reactions/rule.ts"
import { deliveryId, deliveryOf, isSuppression } from "./deliveries.ts"
import { parseTemplate } from "./liquid.ts"
import { messageOf } from "./problem.ts"
import { eventOf, fieldsOf } from "./read-event.ts"
import type { Renderer, TemplateContext } from "./render.ts"
import { compileRule } from "./rule-set.ts"
import { stepsOf, templatesOf } from "./templates-of.ts"

/** A request as people see it. `signature`: the name of the secret that signs it, `none`, or undefined for the standard one. */
export interface PreviewedCall {
  readonly method: string
  readonly url: string
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: string | undefined
  readonly signature: string | undefined
}

/** One step. `problem`: why it fails. `waitsFor`: names of answers that it reads, which only the call gives. */
export interface PreviewedStep {
  readonly kind: "call" | "emit" | "notify"
  readonly target: string
  /** True when its `if` does not hold, as far as known without answers. */
  readonly isSkipped: boolean
  readonly waitsFor: ReadonlyArray<string>
  readonly call?: PreviewedCall
  readonly emit?: { readonly type: string; readonly params: Readonly<Record<string, string>> }
  readonly notify?: Readonly<Record<string, unknown>>
  readonly problem?: string
}

/** What a rule does for an event. `why`: why it does not match, or why a match is suppressed. */
export interface Preview {
  readonly rule: string
  readonly outcome: "sent" | "suppressed" | "not matched"
  readonly why: string | undefined
  /** How often it may match, when that is limited: the gate decides when the event is read. */
  readonly often: string | undefined
  readonly steps: ReadonlyArray<PreviewedStep>
}

/** What one rule, on or off, would do for the event of a record; an event that cannot be read matches nothing. */
export const previewRule = (
  rule: Rule,
  record: LogRecord,
  topic: Topic,
  renderer: Renderer,
  now = record.timestamp
): Preview => {
  const fields = fieldsOf(record, topic)
  const skipped = (why: string): Preview => ({
    ...{ rule: rule.name, outcome: "not matched", why, often: undefined, steps: [] }
  })
  if (fields === undefined) return skipped("the record is no event")
  const why = compileRule(rule).whyNot(fields)
  if (why !== undefined) return skipped(why)
  const event = eventOf(fields, record.timestamp)
  const delivery = deliveryOf({ rule, event }, renderer, { now, deliverForMs: 1 })
  const isSuppressed = isSuppression(delivery)
  return {
    rule: rule.name,
    outcome: isSuppressed ? "suppressed" : "sent",
    why: isSuppressed ? delivery.reason : undefined,
    often: oftenText(rule, renderer, { event, answers: {}, seed: deliveryId(event.id, rule.name) }),
    steps: isSuppressed
      ? []
      : previewSteps(stepsOf(rule), event, {}, deliveryId(event.id, rule.name), renderer)
  }
}

/** What is still to be sent of a delivery. `seed`: its id. */
export const previewContent = (
  { steps, at, event, answers, message, failure: _ }: DeliveryContent,
  seed: string,
  renderer: Renderer
): ReadonlyArray<PreviewedStep> =>
  message === undefined
    ? previewSteps(steps.slice(at), event, answers, seed, renderer)
    : [
        {
          ...{ kind: "notify", target: message.channel, isSkipped: false, waitsFor: [] },
          notify: { ...message }
        }
      ]

const previewSteps = (
  steps: ReadonlyArray<Step>,
  event: ReactionEvent,
  answers: Readonly<Record<string, Answer>>,
  seed: string,
  renderer: Renderer
): ReadonlyArray<PreviewedStep> => {
  const context: TemplateContext = { event, answers, seed }
  return steps.map((step) => previewStep(step, context, renderer))
}

const previewStep = (step: Step, context: TemplateContext, renderer: Renderer): PreviewedStep => {
  const kind = "call" in step ? "call" : "emit" in step ? "emit" : "notify"
  const head = { kind, target: renderer.targetOf(step, context), waitsFor: waitsFor(step, context) } as const
  try {
    if (!renderer.isWanted(step, context)) return { ...head, isSkipped: true }
    return { ...head, isSkipped: false, ...rendered(step, context, renderer) }
  } catch (error) {
    return { ...head, isSkipped: false, problem: renderer.mask(messageOf(error)) }
  }
}

const rendered = (
  step: Step,
  context: TemplateContext,
  { call, emit, notify, mask }: Renderer
): Pick<PreviewedStep, "call" | "emit" | "notify"> => {
  if ("emit" in step) {
    const { type, params } = emit(step.emit, context)
    return { emit: { type: mask(type), params: maskedValues(params, mask) } }
  }
  if ("notify" in step) {
    const { data, text, ...texts } = notify(step.notify, context)
    const named = text === undefined ? {} : { text }
    return { notify: { ...maskedValues(texts, mask), ...named, data: maskedValues(data, mask) } }
  }
  const { method, url, headers, body, sign } = call(step.call, context)
  return {
    call: {
      method,
      url: mask(url),
      headers: headers.map(([name, value]) => [name, mask(value)] as const),
      body: body === undefined ? undefined : mask(body),
      signature: sign
    }
  }
}

const maskedValues = (
  texts: Readonly<Record<string, string>>,
  mask: (text: string) => string
): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, mask(text)]))

/** The answers that the step reads and that are not there yet. */
const waitsFor = (step: Step, { answers }: TemplateContext): ReadonlyArray<string> => {
  const rule: Rule = { name: "step", when: {}, do: step }
  const read = templatesOf(rule).flatMap(({ text }) => parseTemplate(text).variables)
  return [
    ...new Set(
      read.flatMap(([scope, name]) =>
        scope === "answers" && name !== undefined && !(name in answers) ? [name] : []
      )
    )
  ]
}

const oftenText = ({ often }: Rule, renderer: Renderer, context: TemplateContext): string | undefined => {
  if (often === undefined || often === "each") return undefined
  if ("atMost" in often) return `at most ${often.atMost} per ${often.per}`
  try {
    return "once" in often
      ? `once within ${often.within} for the key "${renderer.text(often.once, context).trim()}"`
      : `the first ever for the key "${renderer.text(often.first, context).trim()}"`
  } catch (error) {
    return messageOf(error)
  }
}
