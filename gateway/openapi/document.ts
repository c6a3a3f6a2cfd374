/** The description of the edge that `/openapi.json` gives: OpenAPI 3.1, made of the operations and the schemas. */

import { type ErrorEntry, errorEntries } from "../http/errors.ts"
import { anyOrigin } from "../http/responses.ts"
import { eventOperations } from "./events.ts"
import { linkOperations } from "./links.ts"
import { type Answer, type Content, errorsOf, json, type Operation } from "./operation.ts"
import { operationalOperations } from "./operational.ts"
import { componentSchemas } from "./schemas.ts"

/** All that a gateway answers; without links their paths are events like any other. */
export const operationsOf = (hasLinks: boolean): ReadonlyArray<Operation> => [
  ...eventOperations,
  ...(hasLinks ? linkOperations : []),
  ...operationalOperations
]

/** The path of an operation as OpenAPI writes it. */
export const templateOf = ({ path, star }: Operation): string =>
  star === undefined ? path : path.replace("*", `{${star}}`)

/** Answers with the description, which is made when it is first asked for. Any page may read it. */
export const openApi = (hasLinks: boolean, mostEvents: number): (() => Response) => {
  let document: string | undefined
  const headers = { "content-type": "application/json", "cache-control": "no-cache", ...anyOrigin }
  return () => {
    document ??= openApiDocument(hasLinks, mostEvents)
    return new Response(document, { headers })
  }
}

/** The description as JSON; a batch holds `mostEvents`. */
export const openApiDocument = (hasLinks: boolean, mostEvents: number): string => {
  const operations = operationsOf(hasLinks)
  const met = new Set(operations.flatMap((operation) => [...errorsOf(operation)]))
  const paths: Record<string, Record<string, unknown>> = {}
  for (const operation of operations) {
    const template = templateOf(operation)
    paths[template] = { ...paths[template], [operation.method.toLowerCase()]: operationObject(operation) }
  }
  return JSON.stringify({
    openapi: "3.1.0",
    info: { title: "Spoor gateway", version: "1", description, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "/" }],
    tags: [{ name: "events" }, { name: "links" }, { name: "gateway" }],
    paths,
    components: {
      schemas: componentSchemas(mostEvents),
      responses: Object.fromEntries(
        byStatus(errorEntries.filter(({ code }) => met.has(code))).map(errorResponse)
      ),
      parameters: {
        IdempotencyKey: {
          name: "Idempotency-Key",
          in: "header",
          description: "The client's own id of the event, so that its retry can be recognised.",
          schema: { type: "string", pattern: "^[ -~]{1,255}$" }
        },
        AnyParameters: {
          name: "parameters",
          in: "query",
          description: "Any parameters of the event.",
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
        linksToken: { type: "http", scheme: "bearer", description: "The token of LINKS_TOKEN." }
      }
    }
  })
}

const description =
  "Takes events over HTTP. An event answered with 200, 204 or 307 is in the queue. Requests answered with 408, 429 or 503 may be sent again as they are, after Retry-After; others never. A method that is not named here is answered with 405. Where write keys are asked for, the path may also begin with /w/<key>."

/** No key is asked for unless WRITE_KEYS is set. */
const optionalKey = [
  {},
  { writeKey: [] },
  { writeKeyInQuery: [] },
  { writeKeyAsBearer: [] },
  { writeKeyAsUser: [] }
]

const tagOf = (operation: Operation): string => {
  if (eventOperations.includes(operation)) return "events"
  return linkOperations.includes(operation) ? "links" : "gateway"
}

const operationObject = (operation: Operation) => {
  const { name, summary, body, answers, asks } = operation
  const parameters = parametersOf(operation)
  const entries = errorEntries.filter(({ code }) => errorsOf(operation).has(code))
  return {
    operationId: name,
    summary,
    tags: [tagOf(operation)],
    security: asks === "token" ? [{ linksToken: [] }] : asks === "write key" ? optionalKey : [],
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: body.isRequired,
            content: Object.fromEntries(
              body.contents.map((content, place) => [
                content.type,
                place === 0 ? { ...mediaType(content), example: body.example } : mediaType(content)
              ])
            )
          }
        }),
    responses: {
      ...Object.fromEntries(answers.map((answer) => [String(answer.status), answerObject(answer)])),
      ...Object.fromEntries(
        byStatus(entries).map(([status]) => [
          status,
          { $ref: `#/components/responses/${responseName(status)}` }
        ])
      )
    }
  }
}

const parametersOf = ({ star, query, asks }: Operation): ReadonlyArray<unknown> => [
  ...(star === undefined ? [] : [{ name: star, in: "path", required: true, schema: { type: "string" } }]),
  ...(query === "any" ? [{ $ref: "#/components/parameters/AnyParameters" }] : []),
  ...(typeof query === "object"
    ? Object.entries(query).map(([name, description]) => ({
        name,
        in: "query",
        description,
        schema: { type: "string" }
      }))
    : []),
  ...(query === "any" || asks === "write key" ? [{ $ref: "#/components/parameters/IdempotencyKey" }] : [])
]

const mediaType = (content: Content) => {
  if ("shape" in content) return { schema: { $ref: `#/components/schemas/${content.shape}` } }
  const { type, holds } = content
  // Generators take bytes that are described by their media type alone for anything at all.
  if (type.startsWith("image/")) return { schema: { type: "string", format: "binary", description: holds } }
  return { schema: { ...(type === "application/json" ? {} : { type: "string" }), description: holds } }
}

const answerObject = ({ means, contents, headers }: Answer) => ({
  description: means,
  ...(headers === undefined ? {} : { headers: headerObjects(headers) }),
  ...(contents === undefined
    ? {}
    : { content: Object.fromEntries(contents.map((content) => [content.type, mediaType(content)])) })
})

const headerObjects = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: "string" } }])
  )

/** Errors that share a status are one answer. */
const byStatus = (
  entries: ReadonlyArray<ErrorEntry>
): ReadonlyArray<readonly [status: string, entries: ReadonlyArray<ErrorEntry>]> =>
  Object.entries(Object.groupBy(entries, ({ status }) => String(status))).map(([status, same = []]) => [
    status,
    same
  ])

const responseName = (status: string): string => `Error${status}`

const errorResponse = ([status, entries]: readonly [string, ReadonlyArray<ErrorEntry>]) => [
  responseName(status),
  answerObject({
    status: Number(status),
    means: entries.map(({ code, when }) => `\`${code}\`: ${when}`).join(" "),
    ...(entries.every(({ isBare }) => isBare) ? {} : { contents: [json("Error")] }),
    ...(entries.some(({ isRetried }) => isRetried)
      ? { headers: { "Retry-After": "Seconds after which the same request may be sent again." } }
      : {})
  })
]
