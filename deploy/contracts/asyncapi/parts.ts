/** What all parts of the AsyncAPI document share: references, and schemas in the dialect of AsyncAPI. */
import type { JsonSchema } from "../json-schema.ts"

/** Some channels, operations and messages of the document, by key. */
export interface Part {
  readonly channels: Readonly<Record<string, unknown>>
  readonly operations: Readonly<Record<string, unknown>>
  readonly messages: Readonly<Record<string, unknown>>
}

export const channelReference = (key: string) => ({ $ref: `#/channels/${key}` })
export const messageReference = (key: string) => ({ $ref: `#/components/messages/${key}` })

/** `spoor.events.<stage>.<topic>` → `events-stage-topic`. */
export const channelKeyOf = (subject: string): string =>
  subject
    .replace(/^spoor\./, "")
    .replaceAll(/[^A-Za-z0-9]+/g, "-")
    .replace(/-$/, "")

/**
 * The schema as AsyncAPI 3.0 reads schemas (JSON Schema draft 7): pairs as a list of `items`, named parts in `components`,
 * no `$id`.
 */
export const forAsyncApi = (schema: JsonSchema): JsonSchema => {
  const { $schema: _, $id: __, $defs: ___, title: ____, ...own } = schema
  return converted(own) as JsonSchema
}

const converted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(converted)
  if (typeof value !== "object" || value === null) return value
  const { prefixItems, ...rest } = value as JsonSchema
  const entries = Object.entries(rest).map(([key, one]) => [
    key,
    key === "$ref" ? String(one).replace("#/$defs/", "#/components/schemas/") : converted(one)
  ])
  const pair = prefixItems === undefined ? {} : { items: converted(prefixItems) }
  return { ...Object.fromEntries(entries), ...pair }
}
