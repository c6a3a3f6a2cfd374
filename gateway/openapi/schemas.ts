/** The JSON Schemas of bodies and responses, made from the schemas that validate requests. */
import { JsonSchema, Schema } from "effect"
import { CampaignLink, newLink } from "../../contracts/campaign-link.ts"
import { BatchEvent } from "../formats/batch-event.ts"
import { maxReasons } from "../formats/server-log.ts"
import { Track } from "../formats/track.ts"
import { errorEntries } from "../http/errors.ts"
import { maxPageSize } from "../links/api.ts"

/** The parameters of one event: any names and values, which are flattened to `a[b]=c`. */
const Params = Schema.Record(Schema.String, Schema.Json)

const Event = BatchEvent.annotate({ identifier: "Event" })

const EventResult = Schema.Union([
  Schema.Struct({ verdict: Schema.Literals(["ok", "retry"]) }),
  Schema.Struct({ verdict: Schema.Literal("rejected"), reason: Schema.String })
])

const Link = CampaignLink.annotate({ identifier: "Link" })

/** Request bodies. A batch may have `maxEvents` events. */
export const bodiesOf = (maxEvents: number) => {
  const Events = Schema.Array(Event).check(Schema.isMaxLength(maxEvents))
  return {
    Params,
    Batch: Schema.Union([Events, Schema.Struct({ events: Events })]),
    Track,
    NewLink: newLink(new Set())
  } as const
}

/** Response bodies. Later versions may add fields. */
export const responses = {
  Ok: Schema.Struct({ status: Schema.Literal("ok") }),
  Error: Schema.Struct({
    error: Schema.Literals(errorEntries.map(({ code }) => code)),
    message: Schema.String
  }),
  Verdicts: Schema.Struct({ verdicts: Schema.Array(EventResult) }),
  LogImportResult: Schema.Struct({
    taken: Schema.Int,
    rejected: Schema.Int,
    reasons: Schema.Array(Schema.Struct({ line: Schema.Int, reason: Schema.String })).check(
      Schema.isMaxLength(maxReasons)
    ),
    retry: Schema.Array(Schema.Int)
  }),
  Link,
  Links: Schema.Struct({
    links: Schema.Array(Link).check(Schema.isMaxLength(maxPageSize)),
    next: Schema.NullOr(Schema.String)
  })
} as const

/** The name of a schema. */
export type SchemaName = keyof ReturnType<typeof bodiesOf> | keyof typeof responses

/** Bodies that may have additional fields. */
const extensible: ReadonlySet<string> = new Set(["Track"])

/** The `components.schemas` of the document. */
export const componentSchemas = (maxEvents: number): Readonly<Record<string, JsonSchema.JsonSchema>> => ({
  ...Object.assign(
    {},
    ...Object.entries(responses).map(([name, schema]) => definitionsOf(name, schema, "ignore")),
    ...Object.entries(bodiesOf(maxEvents)).map(([name, schema]) =>
      definitionsOf(name, schema, extensible.has(name) ? "ignore" : "error")
    )
  )
})

const definitionsOf = (
  name: string,
  schema: Schema.Constraint,
  onExcessProperty: "ignore" | "error"
): JsonSchema.Definitions => {
  const { dialect, schema: root, definitions } = Schema.toJsonSchemaDocument(schema, { onExcessProperty })
  const multi = JsonSchema.toMultiDocumentOpenApi3_1({ dialect, schemas: [root], definitions })
  const found = Object.hasOwn(multi.definitions, name)
    ? multi.definitions
    : { ...multi.definitions, [name]: multi.schemas[0] }
  return Object.fromEntries(Object.entries(found).map(([key, one]) => [key, anyFields(one)])) as typeof found
}

/** Adds `additionalProperties` to an object without properties: code generators would treat it as an empty object. */
const anyFields = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(anyFields)
  if (typeof schema !== "object" || schema === null) return schema
  const inside = Object.entries(schema).map(([key, value]) => [key, anyFields(value)])
  const isFree = "type" in schema && schema.type === "object" && inside.length === 1
  return Object.fromEntries(isFree ? [...inside, ["additionalProperties", {}]] : inside)
}
