/**
 * The JSON Schema (2020-12) of a message, made from its Effect Schema. It describes the decoded message: bytes are text in
 * base64, marked with `x-msgpack: "bin"` where they travel as bytes. Readers ignore fields that it does not name.
 */
import { Schema } from "effect"
import type { MessageDescription } from "../../contracts/messages/all-messages.ts"
import { schemaPath } from "../../contracts/messages/all-messages.ts"

/** A schema, or a part of one. */
export interface JsonSchema {
  readonly [key: string]: unknown
  readonly type?: string
  readonly description?: string
  readonly const?: unknown
  readonly enum?: ReadonlyArray<unknown>
  readonly $ref?: string
  readonly anyOf?: ReadonlyArray<JsonSchema>
  readonly items?: JsonSchema
  readonly prefixItems?: ReadonlyArray<JsonSchema>
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: ReadonlyArray<string>
  readonly additionalProperties?: JsonSchema
  readonly $defs?: Readonly<Record<string, JsonSchema>>
}

/** One format of a message with its schema. */
export interface SchemaOfFormat {
  readonly message: MessageDescription
  readonly format: number
  readonly schema: JsonSchema
}

/** The schemas of all formats of these messages. Throws for a field without a description, which says what to do. */
export const schemasOf = (messages: ReadonlyArray<MessageDescription>): ReadonlyArray<SchemaOfFormat> =>
  messages.flatMap((message) =>
    Object.entries(message.formats).map(([digits, { schema }]) => {
      const format = Number(digits)
      const made = schemaOf(schema, message.encoding === "msgpack")
      const { $defs, ...own } = made
      const whole = {
        $schema: "https://json-schema.org/draft/2020-12/schema",
        $id: schemaPath(message.name, format),
        title: `${message.name}, format ${format}`,
        ...own,
        description: message.summary,
        ...($defs === undefined ? {} : { $defs })
      }
      checkDescriptions(whole, `${message.name}.${format}`)
      return { message, format, schema: whole }
    })
  )

/** The schema of any value; `isMessagePack`: bytes travel as bytes, else as base64. */
export const schemaOf = (schema: Schema.Top, isMessagePack: boolean): JsonSchema => {
  const { schema: own, definitions } = Schema.toJsonSchemaDocument(schema as never)
  const plain = (part: unknown) => simplified(part as JsonSchema, isMessagePack)
  const $defs = Object.fromEntries(Object.entries(definitions).map(([name, part]) => [name, plain(part)]))
  return { ...plain(own), ...(Object.keys($defs).length === 0 ? {} : { $defs }) }
}

/** Without what only Effect's decoder needs: one description per part, constants as constants, numbers as numbers. */
const simplified = (schema: JsonSchema, isMessagePack: boolean): JsonSchema => {
  const part = withoutAllOf(schema)
  if (isFiniteNumber(part)) return { type: "number", ...described(part) }
  const { additionalProperties, format, ...rest } = part
  const deeper = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => [key, simplifiedValue(key, value, isMessagePack)])
  )
  const map =
    typeof additionalProperties === "object"
      ? { additionalProperties: simplified(additionalProperties, isMessagePack) }
      : {}
  const result: JsonSchema = {
    ...deeper,
    ...map,
    ...(format === undefined || format === "byte" ? {} : { format })
  }
  if (isMessagePack && result.contentEncoding === "base64") return { ...result, "x-msgpack": "bin" }
  if (isMessagePack && result.type === "integer") return { format: "int64", ...result }
  const [only, ...others] = result.enum ?? []
  return only === undefined || others.length > 0 ? result : constant(result, only)
}

const simplifiedValue = (key: string, value: unknown, isMessagePack: boolean): unknown => {
  const one = (part: unknown) => simplified(part as JsonSchema, isMessagePack)
  if (key === "properties")
    return mapped(value as Readonly<Record<string, JsonSchema>>, (part, name) => withFormat(name, one(part)))
  if (key === "items" || key === "propertyNames") return one(value)
  return key === "anyOf" || key === "prefixItems" ? (value as ReadonlyArray<JsonSchema>).map(one) : value
}

/** Descriptions and limits that Effect adds to a part in `allOf`, in the part itself. */
const withoutAllOf = ({ allOf, ...own }: JsonSchema): JsonSchema =>
  Object.assign({}, own, ...((allOf ?? []) as ReadonlyArray<JsonSchema>))

const constant = ({ enum: _, type: __, ...rest }: JsonSchema, value: unknown): JsonSchema => ({
  type: typeof value === "number" ? "integer" : "string",
  const: value,
  ...rest
})

/** Effect writes the values `Infinity` and `NaN` of a number as text; no message has them. */
const isFiniteNumber = ({ anyOf }: JsonSchema): boolean =>
  anyOf?.length === 2 && anyOf[0]?.type === "number" && anyOf[1]?.enum?.includes("Infinity") === true

const described = ({ description }: JsonSchema) => (description === undefined ? {} : { description })

/** Every message since format 2 has a field `v`. */
const withFormat = (name: string, part: JsonSchema): JsonSchema =>
  name === "v" && part.const !== undefined && part.description === undefined
    ? { ...part, description: "The format of the message; the first field." }
    : part

const mapped = <A, B>(
  all: Readonly<Record<string, A>>,
  one: (value: A, name: string) => B
): Readonly<Record<string, B>> =>
  Object.fromEntries(Object.entries(all).map(([name, value]) => [name, one(value, name)]))

/** Throws for a field without a description. Every field needs one, unless its type is named and described itself. */
export const checkDescriptions = (schema: JsonSchema, path: string): void => {
  for (const [name, part] of Object.entries(schema.properties ?? {})) {
    const isNamed = part.$ref !== undefined || part.items?.$ref !== undefined
    if (part.description === undefined && !isNamed)
      throw new Error(
        `${path}: the field ${name} has no description. Add one to its schema: .annotateKey({ description: "…" }).`
      )
    checkDescriptions(part, `${path}.${name}`)
    if (part.items !== undefined) checkDescriptions(part.items, `${path}.${name}`)
  }
  for (const part of schema.anyOf ?? []) checkDescriptions(part, path)
  for (const [name, part] of Object.entries(schema.$defs ?? {})) {
    if (part.description === undefined)
      throw new Error(`${path}: ${name} has no description. Add one: .annotate({ description: "…" }).`)
    checkDescriptions(part, name)
  }
}
