/** The fields of a schema as tables, for the page of the contracts. */
import type { JsonSchema } from "../json-schema.ts"
import { type Html, html, nothing, sentence, table } from "./html.ts"

/** The fields of a message, of one of its forms each, or the values of a simple type. */
export const schemaView = (schema: JsonSchema): Html => {
  if (schema.anyOf !== undefined)
    return html`${schema.anyOf.map(
      (form, at) => html`<p class="form">${at === 0 ? "either" : "or"}</p>
${fieldTable(form)}`
    )}`
  if (schema.properties !== undefined) return fieldTable(schema)
  const pattern =
    schema.pattern === undefined ? nothing : html`<p>Pattern <code>${String(schema.pattern)}</code></p>`
  return html`<p>${typeView(schema)}</p>${pattern}`
}

const fieldTable = (schema: JsonSchema): Html => table(["field", "type", "meaning"], rowsOf(schema, ""))

const rowsOf = ({ properties, required }: JsonSchema, path: string): ReadonlyArray<ReadonlyArray<Html>> =>
  Object.entries(properties ?? {}).flatMap(([name, part]) => {
    const isRequired = required?.includes(name) === true
    const inner = part.properties === undefined ? part.items : part
    const label = html`<code>${path + name}</code>${isRequired ? nothing : html` <span class="quiet">optional</span>`}`
    const nested =
      inner?.properties === undefined ? [] : rowsOf(inner, `${path}${name}${inner === part ? "." : "[]."}`)
    return [[label, typeView(part), sentence(part.description ?? "")], ...nested]
  })

/** The type in words: "list of 64-bit integers", "bytes", or a link to a named type. */
const typeView = (schema: JsonSchema): Html => {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1)
    return html`<a href="#type-${name}">${name}</a>`
  }
  if (schema.const !== undefined) return html`<code>${JSON.stringify(schema.const)}</code>`
  if (schema["x-msgpack"] === "bin") return html`bytes`
  if (Array.isArray(schema.items)) return html`pair of text`
  if (schema.items !== undefined) return html`list of ${typeView(schema.items)}`
  if (schema.anyOf !== undefined)
    return html`${schema.anyOf.map((form, at) => html`${at === 0 ? "" : " or "}${typeView(form)}`)}`
  if (schema.additionalProperties !== undefined)
    return html`map of text to ${typeView(schema.additionalProperties)}`
  if (schema.enum !== undefined) return codes(schema.enum)
  if (schema.type === "integer") return html`integer`
  if (schema.contentEncoding === "base64") return html`text in base64`
  return html`${words[schema.type ?? ""] ?? "anything"}`
}

const words: Readonly<Record<string, string>> = {
  string: "text",
  number: "number",
  boolean: "true or false",
  object: "map",
  array: "list",
  null: "null"
}

const codes = (values: ReadonlyArray<unknown>): Html =>
  html`${values.map((value, at) => html`${at === 0 ? "" : ", "}<code>${String(value)}</code>`)}`
