/** The types of the messages, apart from any language: what the generators for TypeScript, Python and Go write. */
import type { JsonSchema, SchemaOfFormat } from "../json-schema.ts"

export type Shape =
  | { readonly kind: "text" | "integer" | "number" | "boolean" | "bytes" | "any" }
  | { readonly kind: "constant"; readonly value: number | string }
  | { readonly kind: "choice"; readonly values: ReadonlyArray<string> }
  | { readonly kind: "list" | "map"; readonly of: Shape }
  | { readonly kind: "pair"; readonly of: Shape }
  | { readonly kind: "named"; readonly name: string }

export interface Field {
  readonly name: string
  readonly shape: Shape
  readonly isOptional: boolean
  readonly description: string
}

/** A named type: a map with fields, one of several maps, or another name for a simple type. */
export type NamedType = { readonly name: string; readonly description: string } & (
  | { readonly kind: "struct"; readonly fields: ReadonlyArray<Field> }
  | { readonly kind: "union"; readonly members: ReadonlyArray<string> }
  | { readonly kind: "alias"; readonly shape: Shape }
)

/** `raw-batch`, 2 → `RawBatchV2`. */
export const typeNameOf = (message: string, format: number): string => `${pascal(message)}V${format}`

/** `raw-batch` or `rawBatch` → `RawBatch`. */
export const pascal = (name: string): string =>
  name.replaceAll(/(?:^|[-_])(\w)/g, (_, letter: string) => letter.toUpperCase())

/** The text in lines of at most `width` characters, broken between words. */
export const wrapped = (text: string, width: number): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const word of text.split(" ")) {
    const line = lines.at(-1)
    if (line === undefined || line.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines
}

/**
 * All types, each before those that use it. Throws when two messages use one name for two types. An inline map is named
 * after its place: `StepResult` and `added` → `StepResultAdded`.
 */
export const typesOf = (schemas: ReadonlyArray<SchemaOfFormat>): ReadonlyArray<NamedType> => {
  const types = new Map<string, NamedType>()
  const add = (type: NamedType): void => {
    const known = types.get(type.name)
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(type))
      throw new Error(`Two types are named ${type.name}: give one of them another identifier.`)
    types.set(type.name, type)
  }
  for (const { message, format, schema } of schemas) {
    const { $defs = {}, ...own } = schema
    for (const [name, part] of ordered($defs)) addType(name, part, add)
    addType(typeNameOf(message.name, format), own, add)
  }
  return [...types.values()]
}

/** Definitions before those that refer to them. */
const ordered = (
  $defs: Readonly<Record<string, JsonSchema>>
): ReadonlyArray<readonly [string, JsonSchema]> => {
  const done = new Map<string, JsonSchema>()
  const visit = (name: string): void => {
    const part = $defs[name]
    if (part === undefined || done.has(name)) return
    for (const [, other] of JSON.stringify(part).matchAll(/"#\/\$defs\/(\w+)"/g)) visit(other ?? "")
    done.set(name, part)
  }
  for (const name of Object.keys($defs)) visit(name)
  return [...done]
}

type Add = (type: NamedType) => void

const addType = (name: string, schema: JsonSchema, add: Add): void => {
  const { description = "" } = schema
  if (schema.anyOf !== undefined) {
    const members = schema.anyOf.map((member) => {
      const own = name + pascal(Object.keys(member.properties ?? {}).find((field) => field !== "v") ?? "")
      addType(own, { description: `One form of ${name}.`, ...member }, add)
      return own
    })
    add({ name, description, kind: "union", members })
  } else if (schema.properties === undefined) {
    add({ name, description, kind: "alias", shape: shapeOf(schema, name, add) })
  } else {
    add({ name, description, kind: "struct", fields: fieldsOf(schema, name, add) })
  }
}

const fieldsOf = ({ properties, required }: JsonSchema, owner: string, add: Add): ReadonlyArray<Field> =>
  Object.entries(properties ?? {}).map(([name, part]) => ({
    name,
    shape: shapeOf(part, owner + pascal(name), add),
    isOptional: required?.includes(name) !== true,
    description: part.description ?? ""
  }))

/** The shape of a part; an inline map becomes a type with this name. */
const shapeOf = (schema: JsonSchema, name: string, add: Add): Shape => {
  if (schema.$ref !== undefined) return { kind: "named", name: schema.$ref.slice("#/$defs/".length) }
  if (schema.const !== undefined) return { kind: "constant", value: schema.const as number | string }
  if (schema.enum !== undefined) return { kind: "choice", values: schema.enum as ReadonlyArray<string> }
  if (schema["x-msgpack"] === "bin") return { kind: "bytes" }
  const [first] = schema.prefixItems ?? []
  if (first !== undefined) return { kind: "pair", of: shapeOf(first, name, add) }
  if (schema.items !== undefined) return { kind: "list", of: shapeOf(schema.items, name, add) }
  if (schema.properties !== undefined) {
    addType(name, schema, add)
    return { kind: "named", name }
  }
  if (schema.additionalProperties !== undefined)
    return { kind: "map", of: shapeOf(schema.additionalProperties, name, add) }
  return { kind: simple[schema.type ?? ""] ?? "any" }
}

const simple: Readonly<Record<string, "text" | "integer" | "number" | "boolean">> = {
  string: "text",
  integer: "integer",
  number: "number",
  boolean: "boolean"
}
