/**
 * Renders the steps of rules for an event: what is to be sent, with marks in place of secrets. The renderer of a process is
 * made again when its variables change. Pure.
 */
import { Buffer } from "node:buffer"
import {
  type Answer,
  ownTargets,
  type ReactionEvent,
  TargetName
} from "../../contracts/reactions/delivery.ts"
import type { Call, Emit, Notify, Rule, Step } from "../../contracts/reactions/rule.ts"
import { checkRule } from "./check-rule.ts"
import { ruleMs } from "./duration.ts"
import { parseTemplate, type Scope } from "./liquid.ts"
import { TemplateProblem } from "./problem.ts"
import {
  basicMark,
  encodeAround,
  hasMark,
  insideJson,
  makeMask,
  markOf,
  percentEncoded,
  revealed,
  withoutMarks
} from "./secret-marks.ts"
import type { RuleVariables } from "./variables.ts"

/** A request to send. Texts may contain marks: `reveal` them just before sending, `mask` them for people. */
export interface RenderedCall {
  readonly method: string
  readonly url: string
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: string | undefined
  readonly timeoutMs: number | undefined
  readonly accepts: (status: number) => boolean
  /** The name of the secret that signs; `none` for no signature; undefined for the standard one. */
  readonly sign: string | undefined
  readonly as: string | undefined
}

/** What the templates of a delivery read. */
export interface TemplateContext {
  readonly event: ReactionEvent
  readonly answers: Readonly<Record<string, Answer>>
  /** In a report: the answer to the call. */
  readonly answer?: Readonly<Record<string, unknown>>
  /** The id of the delivery, so that a retry renders the same. */
  readonly seed: string
}

/** An event to send. */
export interface RenderedEmit {
  readonly type: string
  readonly params: Record<string, string>
}

/** A message to a device. `text`: the name of one of the notifier's texts. */
export interface RenderedNotify {
  readonly device: string
  readonly title: string
  readonly message: string
  readonly text: string | undefined
  readonly url: string
  readonly data: Record<string, string>
}

/** All but `check`, `reveal` and `mask` throw `TemplateProblem`. */
export interface Renderer {
  /** Throws `RuleProblem` for a rule with an invalid template. */
  readonly check: (rule: Rule) => void
  readonly call: (call: Call, context: TemplateContext) => RenderedCall
  /** The target of a step; `none` when its URL cannot be rendered or is none. Throws nothing. */
  readonly targetOf: (step: Step, context: TemplateContext) => TargetName
  readonly emit: (emit: Emit, context: TemplateContext) => RenderedEmit
  readonly notify: (notify: Notify, context: TemplateContext) => RenderedNotify
  /** Does the `if` of the step hold? */
  readonly isWanted: (step: Step, context: TemplateContext) => boolean
  readonly text: (template: string, context: TemplateContext) => string
  readonly reveal: (text: string) => string
  readonly mask: (text: string) => string
}

/**
 * Makes a renderer. `former`: secrets that were sent before, which `mask` hides too.
 *
 * @example
 * const renderer = makeRenderer({ vars: { SHOP: "https://shop.example" }, secrets: { KEY: "s3cret" } })
 * const { url } = renderer.call({ url: "{{ vars.SHOP }}/{{ params.id | url_encode }}" }, { event, answers: {}, seed: "1" })
 */
export const makeRenderer = (variables: RuleVariables, former: ReadonlyArray<string> = []): Renderer => {
  const secret = (name: string): string | undefined => variables.secrets[name]
  const reveal = (text: string): string => revealed(text, secret)
  const marks = Object.fromEntries(
    Object.entries(variables.secrets).flatMap(([name, value]) => (value === "" ? [] : [[name, markOf(name)]]))
  )
  const scopes = new WeakMap<TemplateContext, Scope>()
  const scopeOf = (context: TemplateContext): Scope => {
    const known = scopes.get(context)
    if (known !== undefined) return known
    const scope = makeScope(context, variables.vars, marks)
    scopes.set(context, scope)
    return scope
  }
  const render = (template: string, context: TemplateContext): string => {
    try {
      return parseTemplate(template).render(scopeOf(context), context.seed)
    } catch (error) {
      if (error instanceof TemplateProblem) throw error
      throw new TemplateProblem(error instanceof Error ? error.message : String(error))
    }
  }
  const texts = (
    templates: Readonly<Record<string, string>> | undefined,
    context: TemplateContext
  ): Record<string, string> =>
    Object.fromEntries(
      Object.entries(templates ?? {}).map(([name, template]) => [name, render(template, context)])
    )
  const urlOf = ({ url, query }: Call, context: TemplateContext): string => {
    const written = withQuery(render(url, context).trim(), texts(query, context))
    originOf(written, reveal)
    return written
  }
  return {
    check: checkRule,
    call: (call, context) => renderCall(call, urlOf(call, context), (text) => render(text, context)),
    targetOf: (step, context) => {
      if ("emit" in step) return ownTargets.queue
      if ("notify" in step) return ownTargets.devices
      try {
        return TargetName.make(originOf(render(step.call.url, context).trim(), reveal))
      } catch {
        return ownTargets.none
      }
    },
    emit: ({ type, params }, context) => {
      const name = render(type, context).trim()
      if (name === "") throw new TemplateProblem("The type of the event renders empty.")
      return { type: name, params: texts(params, context) }
    },
    notify: ({ device, title = "", message = "", text, url = "", data }, context) => {
      const to = render(device, context).trim()
      if (to === "") throw new TemplateProblem("The device of the message renders empty.")
      return {
        ...{ device: to, text, data: texts(data, context), url: render(url, context).trim() },
        ...{ title: render(title, context), message: render(message, context) }
      }
    },
    isWanted: (step, context) => {
      if (step.if === undefined) return true
      const text = render(step.if, context).trim()
      return text !== "" && text !== "false"
    },
    text: render,
    reveal,
    mask: makeMask([...Object.values(variables.secrets), ...former])
  }
}

/** Texts of answers lose characters that could be taken for marks; those of events have none. */
const makeScope = (
  { event, answers, answer }: TemplateContext,
  vars: Readonly<Record<string, string>>,
  secrets: Readonly<Record<string, string>>
): Scope => ({
  event,
  params: event.params,
  lists: event.lists,
  meta: event.meta,
  answers: cleaned(answers),
  answer: cleaned(answer),
  vars,
  secrets
})

const cleaned = (value: unknown): unknown => {
  if (typeof value === "string") return withoutMarks(value)
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(cleaned)
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [withoutMarks(name), cleaned(one)]))
}

/** Appends the parameters that are not empty, percent-encoded. A fragment is not sent, and is left out. */
const withQuery = (url: string, query: Readonly<Record<string, string>>): string => {
  const [base = ""] = url.split("#")
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== "")
    .map(([name, value]) => `${percentEncoded(name)}=${encodeAround(value, "u", percentEncoded)}`)
  if (pairs.length === 0) return base
  const joint = !base.includes("?") ? "?" : /[?&]$/.test(base) ? "" : "&"
  return `${base}${joint}${pairs.join("&")}`
}

/** The origin of a rendered URL. Throws `TemplateProblem` when it is none that can be called. */
const originOf = (written: string, reveal: (text: string) => string): string => {
  const [authority = ""] = /^[a-z]+:\/\/[^/?#\\]*/i.exec(written) ?? []
  if (hasMark(authority))
    throw new TemplateProblem(
      "A secret cannot be a part of the host of a URL, which people see: let it be the whole URL."
    )
  const url = reveal(written)
  if (url === "") throw new TemplateProblem("The URL renders empty.")
  if (!URL.canParse(url))
    throw new TemplateProblem("The URL is invalid: it must begin with http:// or https:// and a host.")
  if (climbs(url))
    throw new TemplateProblem(
      "The path of the URL has a segment . or .., which an event must not use to reach another path."
    )
  const { protocol, origin, username, password } = new URL(url)
  if (protocol !== "http:" && protocol !== "https:")
    throw new TemplateProblem(`The URL begins with ${protocol}: only http: and https: can be called.`)
  if (username !== "" || password !== "")
    throw new TemplateProblem("The URL contains a user or a password: use basic instead.")
  return origin
}

/**
 * Does the path have a segment that leads out of the one before it? `url_encode` cannot prevent that: in a URL `%2E` is the
 * same as a dot. Tabs and line breaks are no part of a URL.
 */
const climbs = (url: string): boolean => {
  const [path = ""] = url.replaceAll(/[\t\n\r]/g, "").split(/[?#]/)
  return /[/\\](\.|%2e){1,2}([/\\]|$)/i.test(path)
}

const renderCall = (call: Call, url: string, text: (template: string) => string): RenderedCall => {
  const { method, headers, body, basic, bearer, timeout, accept, sign, as } = call
  const content =
    typeof body === "object"
      ? insideJson(JSON.stringify(rendered(body, text)))
      : body === undefined
        ? undefined
        : text(body)
  const given = Object.entries(headers ?? {}).map(
    ([name, value]) => [name, headerValue(text(value))] as const
  )
  const has = (name: string): boolean => given.some(([one]) => one.toLowerCase() === name)
  const own: Array<readonly [string, string]> = []
  if (content !== undefined && !has("content-type"))
    own.push(["content-type", typeof body === "object" ? "application/json" : "text/plain; charset=utf-8"])
  if (!has("authorization")) {
    const user = basic === undefined ? "" : text(basic.user)
    const password = basic === undefined ? "" : text(basic.password)
    const token = bearer === undefined ? "" : text(bearer).trim()
    if (user !== "" || password !== "") own.push(["authorization", basicMark(user, password)])
    else if (token !== "") own.push(["authorization", `Bearer ${headerValue(token)}`])
  }
  return {
    ...{ method: method ?? (body === undefined ? "GET" : "POST"), url, body: content, sign, as },
    headers: [...given, ...own],
    timeoutMs: timeout === undefined ? undefined : ruleMs(timeout),
    accepts:
      accept === undefined ? (status) => status >= 200 && status < 300 : (status) => accept.includes(status)
  }
}

/** The value with each text in it rendered. */
const rendered = (value: unknown, text: (template: string) => string): unknown => {
  if (typeof value === "string") return text(value)
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map((one) => rendered(one, text))
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, rendered(one, text)]))
}

/** Control characters, with which a value could end its header, become spaces; other characters become UTF-8 bytes. */
const headerValue = (text: string): string =>
  text
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim()
    .replaceAll(/[\u0080-\uDFFF\uE004-\uFFFF]+/g, (part) => Buffer.from(part, "utf8").toString("latin1"))
