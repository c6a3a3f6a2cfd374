/** The OpenAPI 3.1 document at `/openapi.json`, made from the operations and the schemas. */

import { anyOrigin } from "../http/responses.ts"
import { edgeOperations } from "./edge.ts"
import { type DescribedError, describedErrors } from "./errors.ts"
import { eventOperations } from "./events.ts"
import { linkOperations } from "./links.ts"
import { type Content, errorsOf, json, type Operation, type ResponseDescription } from "./operation.ts"
import { operationalOperations } from "./operational.ts"
import { componentSchemas } from "./schemas.ts"

/** The optional parts of a gateway; without them their paths are events like any other. */
export interface Parts {
  readonly hasLinks: boolean
  readonly hasEdge: boolean
}

/** Every operation of a gateway with these parts. */
export const operationsOf = ({ hasLinks, hasEdge }: Parts): ReadonlyArray<Operation> => [
  ...eventOperations,
  ...(hasLinks ? linkOperations : []),
  ...(hasEdge ? edgeOperations : []),
  ...operationalOperations
]

/** The path of an operation in OpenAPI's notation. */
export const templateOf = ({ path, pathParameter }: Operation): string =>
  pathParameter === undefined ? path : path.replace("*", `{${pathParameter}}`)

/** Responds with the document, which is built at the first request. Any page may read it. */
export const openApi = (parts: Parts, maxEvents: number): (() => Response) => {
  let document: string | undefined
  const headers = { "content-type": "application/json", "cache-control": "no-cache", ...anyOrigin }
  return () => {
    document ??= openApiDocument(parts, maxEvents)
    return new Response(document, { headers })
  }
}

/** The document as JSON. A batch may have `maxEvents` events. */
export const openApiDocument = (parts: Parts, maxEvents: number): string => {
  const operations = operationsOf(parts)
  const used = new Set(operations.flatMap((operation) => [...errorsOf(operation)]))
  const paths: Record<string, Record<string, unknown>> = {}
  for (const operation of operations) {
    const template = templateOf(operation)
    paths[template] = { ...paths[template], [operation.method.toLowerCase()]: operationObject(operation) }
  }
  return JSON.stringify({
    openapi: "3.1.0",
    info: { title: "Spoor gateway", version: "1", description, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "/" }],
    tags: [{ name: "events" }, { name: "links" }, { name: "edges" }, { name: "gateway" }],
    paths,
    components: {
      schemas: componentSchemas(maxEvents),
      responses: Object.fromEntries(
        byStatus(describedErrors.filter(({ code }) => used.has(code))).map(errorResponse)
      ),
      parameters: {
        IdempotencyKey: {
          name: "Idempotency-Key",
          in: "header",
          description: "The client's own id of the event, so that a repeated event is recognised.",
          schema: { type: "string", pattern: "^[ -~]{1,255}$" }
        },
        AnyParameters: {
          name: "parameters",
          in: "query",
          description: "The event's parameters, with any names.",
          style: "form",
          explode: true,
          schema: { type: "object", additionalProperties: { type: "string" } }
        }
      },
      securitySchemes: {
        writeKey: { type: "apiKey", in: "header", name: "X-Write-Key" },
        writeKeyInQuery: { type: "apiKey", in: "query", name: "write_key" },
        writeKeyAsBearer: { type: "http", scheme: "bearer" },
        writeKeyAsUser: { type: "http", scheme: "basic" },
        linksToken: { type: "http", scheme: "bearer", description: "The token of LINKS_TOKEN." },
        edgeSignature: {
          type: "apiKey",
          in: "header",
          name: "Spoor-Signature",
          description:
            "`t=<seconds since 1970>,v1=<hex>`: HMAC-SHA-256 of `<seconds>.<body>` with EDGE_SECRET, at most 5 minutes old."
        }
      }
    }
  })
}

const description =
  "Accepts events over HTTP. An event answered with 200, 204 or 307 is in the queue. Requests answered with 408, 429 or 503 may be repeated unchanged, after Retry-After; others must not. A method that is not listed is answered with 405. Where write keys are required, the path may also begin with /w/<key>."

/** Keys are required only when WRITE_KEYS is set. */
const optionalKey = [
  {},
  { writeKey: [] },
  { writeKeyInQuery: [] },
  { writeKeyAsBearer: [] },
  { writeKeyAsUser: [] }
]

const securities = {
  "write key": optionalKey,
  token: [{ linksToken: [] }],
  signature: [{ edgeSignature: [] }]
} as const

const tagOf = (operation: Operation): string => {
  if (eventOperations.includes(operation)) return "events"
  if (edgeOperations.includes(operation)) return "edges"
  return linkOperations.includes(operation) ? "links" : "gateway"
}

const operationObject = (operation: Operation) => {
  const { name, summary, body, responses, auth } = operation
  const parameters = parametersOf(operation)
  const entries = describedErrors.filter(({ code }) => errorsOf(operation).has(code))
  return {
    operationId: name,
    summary,
    tags: [tagOf(operation)],
    security: auth === undefined ? [] : securities[auth],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.isRequired,
            content: Object.fromEntries(
              body.contents.map((content, index) => [
                content.type,
                index === 0 ? { ...mediaType(content), example: body.example } : mediaType(content)
              ])
            )
          }
        }),
    responses: {
      ...Object.fromEntries(responses.map((response) => [String(response.status), responseObject(response)])),
      ...Object.fromEntries(
        byStatus(entries).map(([status]) => [
          status,
          { $ref: `#/components/responses/${responseName(status)}` }
        ])
      )
    }
  }
}

const parametersOf = ({ pathParameter, query, auth }: Operation): ReadonlyArray<unknown> => [
  ...(pathParameter === undefined
    ? []
    : [{ name: pathParameter, in: "path", required: true, schema: { type: "string" } }]),
  ...(query === "any" ? [{ $ref: "#/components/parameters/AnyParameters" }] : []),
  ...(typeof query === "object"
    ? Object.entries(query).map(([name, description]) => ({
        name,
        in: "query",
        description,
        schema: { type: "string" }
      }))
    : []),
  ...(query === "any" || auth === "write key" ? [{ $ref: "#/components/parameters/IdempotencyKey" }] : [])
]

const mediaType = (content: Content) => {
  if ("schema" in content) return { schema: { $ref: `#/components/schemas/${content.schema}` } }
  const { type, description } = content
  // Code generators give no type to bytes that are described only by a media type.
  if (type.startsWith("image/")) return { schema: { type: "string", format: "binary", description } }
  return { schema: { ...(type === "application/json" ? {} : { type: "string" }), description } }
}

const responseObject = ({ description, contents, headers }: ResponseDescription) => ({
  description,
  ...(headers === undefined ? {} : { headers: headerObjects(headers) }),
  ...(contents === undefined
    ? {}
    : { content: Object.fromEntries(contents.map((content) => [content.type, mediaType(content)])) })
})

const headerObjects = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: "string" } }])
  )

/** Groups errors by status: OpenAPI has one response per status. */
const byStatus = (
  entries: ReadonlyArray<DescribedError>
): ReadonlyArray<readonly [status: string, entries: ReadonlyArray<DescribedError>]> =>
  Object.entries(Object.groupBy(entries, ({ status }) => String(status))).map(([status, same = []]) => [
    status,
    same
  ])

const responseName = (status: string): string => `Error${status}`

const errorResponse = ([status, entries]: readonly [string, ReadonlyArray<DescribedError>]) => [
  responseName(status),
  responseObject({
    status: Number(status),
    description: entries.map(({ code, description }) => `\`${code}\`: ${description}`).join(" "),
    ...(entries.every(({ isBare }) => isBare) ? {} : { contents: [json("Error")] }),
    ...(entries.some(({ isRetried }) => isRetried)
      ? { headers: { "Retry-After": "The time after which the same request may be repeated, seconds." } }
      : {})
  })
]
