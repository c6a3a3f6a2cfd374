/** The shapes of bodies and answers as OpenAPI has them: made from the schemas that check what comes in. */
import { JsonSchema, Schema } from "effect"
import { CampaignLink, newLink } from "../../contracts/campaign-link.ts"
import { BatchEvent } from "../formats/batch-event.ts"
import { maxReasons } from "../formats/server-log.ts"
import { Track } from "../formats/track.ts"
import { errorEntries } from "../http/errors.ts"
import { maxPageSize } from "../links/api.ts"

/** Parameters of one event: any names, any values, which are flattened into `a[b]=c`. */
const Params = Schema.Record(Schema.String, Schema.Json)

const Event = BatchEvent.annotate({ identifier: "Event" })

const EventResult = Schema.Union([
  Schema.Struct({ verdict: Schema.Literals(["ok", "retry"]) }),
  Schema.Struct({ verdict: Schema.Literal("rejected"), reason: Schema.String })
])

const Link = CampaignLink.annotate({ identifier: "Link" })

/** What clients send; a batch holds `mostEvents`. */
export const bodiesOf = (mostEvents: number) => {
  const Events = Schema.Array(Event).check(Schema.isMaxLength(mostEvents))
  return {
    Params,
    Batch: Schema.Union([Events, Schema.Struct({ events: Events })]),
    Track,
    NewLink: newLink(new Set())
  } as const
}

/** What they are answered; a later version may say more. */
export const answers = {
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

/** The name of a shape. */
export type ShapeName = keyof ReturnType<typeof bodiesOf> | keyof typeof answers

/** Bodies whose objects may have more fields than are named. */
const open: ReadonlySet<string> = new Set(["Track"])

/** `components.schemas` of the document. */
export const componentSchemas = (mostEvents: number): Readonly<Record<string, JsonSchema.JsonSchema>> => ({
  ...Object.assign(
    {},
    ...Object.entries(answers).map(([name, schema]) => definitionsOf(name, schema, "ignore")),
    ...Object.entries(bodiesOf(mostEvents)).map(([name, schema]) =>
      definitionsOf(name, schema, open.has(name) ? "ignore" : "error")
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

/** An object of which nothing is said may have any fields: said so, since generators take it for one that has none. */
const anyFields = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(anyFields)
  if (typeof schema !== "object" || schema === null) return schema
  const inside = Object.entries(schema).map(([key, value]) => [key, anyFields(value)])
  const isFree = "type" in schema && schema.type === "object" && inside.length === 1
  return Object.fromEntries(isFree ? [...inside, ["additionalProperties", {}]] : inside)
}
