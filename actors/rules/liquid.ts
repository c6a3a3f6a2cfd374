/**
 * Liquid templates: parsed once and kept, rendered with limits of time, memory and output. Templates read no files and
 * include no others. Filters refuse secrets, but for `url_encode` and `json`, which note the encoding in the secret's mark.
 */
import { createHash, createHmac } from "node:crypto"
import { Context, type Emitter, Liquid, Output, type Template, toValueSync, Value } from "liquidjs"
import { remember } from "../../bridge/bounded-cache.ts"
import { bytesOf } from "../../contracts/event.ts"
import { messageOf, TemplateProblem } from "./problem.ts"
import { sampleOf } from "./sample.ts"
import { encodeAround, hasMark, percentEncoded } from "./secret-marks.ts"

/** The limits of one rendering: duration (ms), new objects (of Liquid's own count), and characters of the output. */
const renderLimitMs = 1_000
const memoryLimit = 1_000_000
export const maxOutputChars = 256 * 1024

/** The longest template, in characters, and how many parsed ones are kept. */
const parseLimit = 16_384
const maxTemplates = 4_000

/** What templates read, by name. `seed` decides what `sample` takes. */
export type Scope = Readonly<Record<string, unknown>>

/** A variable that a template reads, like `["params", "owner"]`; undefined for a part that is computed. */
export type VariablePath = ReadonlyArray<string | undefined>

/** A parsed template. */
export interface ParsedTemplate {
  /** Throws `TemplateProblem`. */
  readonly render: (scope: Scope, seed: string) => string
  readonly variables: ReadonlyArray<VariablePath>
  /** How the template uses a secret in a way that cannot work, as a sentence; undefined when it does not. */
  readonly misusedSecret: string | undefined
}

/** The text as a template. Throws an `Error` with a sentence. */
export const parseTemplate = (text: string): ParsedTemplate => {
  // Most texts of rules are plain, and most of the others are parsed already.
  const parsed = text.includes("{") ? cached(bytesOf(text)) : plain(text)
  if (parsed instanceof Error) throw parsed
  return parsed
}

/** Names of scopes with secrets, and the filters that a secret may pass. */
const secretsName = "secrets"
const markFilters = new Set(["url_encode", "json"])

/** The seed of a rendering, by its scope. */
const seeds = new WeakMap<object, string>()

const engine = new Liquid({
  ...{ strictFilters: true, strictVariables: false, ownPropertyOnly: true, dynamicPartials: false },
  ...{ parseLimit, renderLimit: renderLimitMs, memoryLimit, timezoneOffset: 0, locale: "en-US" }
})
// They would read other templates.
for (const tag of ["include", "render", "layout", "block"]) delete engine.tags[tag]

const textIn = (value: unknown): string =>
  value === undefined || value === null
    ? ""
    : typeof value === "object"
      ? JSON.stringify(value)
      : String(value)

const jsonOf = (value: unknown): string =>
  typeof value === "string" ? JSON.stringify(value) : (JSON.stringify(value) ?? "null")

const digest = (algorithm: string) => (value: unknown) =>
  createHash(algorithm).update(textIn(value), "utf8").digest("hex")

engine.registerFilter("url_encode", (value) => encodeAround(textIn(value), "u", percentEncoded))
engine.registerFilter("json", (value) =>
  typeof value === "string" && hasMark(value)
    ? `"${encodeAround(value, "j", (text) => JSON.stringify(text).slice(1, -1))}"`
    : jsonOf(value)
)
engine.registerFilter("base64", (value) => Buffer.from(textIn(value), "utf8").toString("base64"))
engine.registerFilter("sha1", digest("sha1"))
engine.registerFilter("md5", digest("md5"))
engine.registerFilter("hmac_sha256", (value, key) =>
  createHmac("sha256", textIn(key)).update(textIn(value), "utf8").digest("hex")
)
engine.registerFilter("sample", function (value, count = 1) {
  return sampleOf(
    Array.isArray(value) ? value : [value],
    Number(count),
    seeds.get(this.context.environments) ?? ""
  )
})

for (const [name, filter] of Object.entries(engine.filters)) {
  if (markFilters.has(name) || filter === undefined) continue
  const handler = typeof filter === "function" ? filter : filter.handler
  engine.registerFilter(name, {
    raw: typeof filter === "function" ? false : filter.raw,
    handler(value, ...args) {
      for (const one of [value, ...args])
        if (typeof one === "string" && hasMark(one)) throw new Error(refusedFilter(name))
      return handler.call(this, value, ...args)
    }
  })
}

const refusedFilter = (name: string): string =>
  `the filter ${name} cannot be used on a secret: only url_encode and json can`

/** Collects the output, and fails when it is too large. */
class LimitedOutput implements Emitter {
  buffer = ""
  write(html: unknown): void {
    this.buffer += Array.isArray(html) ? html.map(textIn).join("") : textIn(html)
    if (this.buffer.length > maxOutputChars)
      throw new Error(`it gives more than ${maxOutputChars.toLocaleString("en")} characters`)
  }
}

const plain = (text: string): ParsedTemplate => ({
  render: () => text,
  variables: [],
  misusedSecret: undefined
})

const parse = (text: string): ParsedTemplate => {
  const templates = engine.parse(text)
  return {
    render: (scope, seed) => {
      const environment = { ...scope }
      seeds.set(environment, seed)
      try {
        const output = new LimitedOutput()
        const context = new Context(environment, engine.options, { sync: true }, { liquid: engine })
        toValueSync(engine.renderer.renderTemplates(templates, context, output))
        return output.buffer
      } catch (error) {
        throw new TemplateProblem(`The template fails: ${shortened(messageOf(error))}.`)
      }
    },
    variables: engine
      .globalVariableSegmentsSync(templates)
      .map((path) => path.map((part) => (typeof part === "object" ? undefined : String(part)))),
    misusedSecret: misusedSecret(templates)
  }
}

/** NOTE: keys are bytes, as the cache wants them; the text is decoded again. */
const cached = remember(maxTemplates, (key: string): ParsedTemplate | Error => {
  try {
    return parse(Buffer.from(key, "latin1").toString("utf8"))
  } catch (error) {
    return new Error(`The template is invalid: ${shortened(messageOf(error))}.`)
  }
})

/** Liquid's message without its excerpt of the template. */
const shortened = (message: string): string => message.split("\n")[0]?.replace(/\.$/, "") ?? message

/** A token of a variable: `secrets.KEY` has the two names in `props`, `"x".size` a `variable` before them. */
interface VariableToken {
  readonly variable?: unknown
  readonly props?: ReadonlyArray<{ readonly content?: string }>
}

/** Looks at each value in the templates: a secret may be printed, with no other filter than those of marks. */
const misusedSecret = (templates: ReadonlyArray<Template>): string | undefined => {
  const seen = new Set<object>()
  const visit = (node: unknown, isPrinted: boolean): string | undefined => {
    if (typeof node !== "object" || node === null || seen.has(node) || node === engine) return undefined
    seen.add(node)
    if (node instanceof Value) return misuse(node, isPrinted)
    const isOutput = node instanceof Output
    for (const [name, child] of Object.entries(node)) {
      if (name === "liquid" || name === "token") continue
      const found = visit(child, isOutput)
      if (found !== undefined) return found
    }
    return undefined
  }
  return visit(templates, false)
}

const misuse = ({ initial, filters }: Value, isPrinted: boolean): string | undefined => {
  const args = filters.flatMap(({ args: given }) => given.flat() as ReadonlyArray<unknown>)
  if (args.some(isSecret)) return "a secret cannot be the argument of a filter"
  if (!initial.postfix.some(isSecret)) return undefined
  if (initial.postfix.length > 1) return "a secret cannot be compared"
  if (!isPrinted && filters.length > 0) return refusedFilter(filters[0]?.name ?? "")
  const refused = filters.find(({ name }) => !markFilters.has(name))
  return refused === undefined ? undefined : refusedFilter(refused.name)
}

const isSecret = (token: unknown): boolean => {
  if (typeof token !== "object" || token === null) return false
  const { variable, props } = token as VariableToken
  return variable === undefined && props?.[0]?.content === secretsName
}
