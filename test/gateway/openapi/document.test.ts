/** `/openapi.json` is a valid OpenAPI 3.1 document that matches the gateway's routes, errors and schemas, and its examples work. */
import { describe, expect, test } from "bun:test"
import { Exit, Schema } from "effect"
import { BatchEvent } from "../../../gateway/formats/batch-event.ts"
import { standardFormatLimits } from "../../../gateway/formats/limits.ts"
import { Track } from "../../../gateway/formats/track.ts"
import { operationsOf, templateOf } from "../../../gateway/openapi/document.ts"
import { describedErrors } from "../../../gateway/openapi/errors.ts"
import { bodiesOf, responses } from "../../../gateway/openapi/schemas.ts"
import { edgeGateway } from "../edge/gateway.ts"
import { testGateway } from "../gateway-for-tests.ts"
import { guardedGateway } from "../guarded-gateway.ts"
import { linkGateway, token } from "../links/gateway.ts"
import { type Document, problemsOf } from "./document-problems.ts"

const documentOf = async (ask: (target: string) => Promise<Response>): Promise<Document> => {
  const response = await ask("/openapi.json")
  expect(response.status).toBe(200)
  expect(response.headers.get("content-type")).toBe("application/json")
  expect(response.headers.get("access-control-allow-origin")).toBe("*")
  return (await response.json()) as Document
}

/** Operations without a route: any path is an event. */
const anyPath = ["GET /t/*", "GET /t/*.gif", "GET /*"]

const bodies = bodiesOf(1_000)

describe("/openapi.json", () => {
  test("is a document of OpenAPI 3.1", async () => {
    for (const { ask } of [linkGateway(), edgeGateway().gateway]) {
      const document = await documentOf(ask)
      expect(document.openapi).toBe("3.1.0")
      expect(problemsOf(document)).toEqual([])
    }
  })

  test("has exactly the routes of the gateway", async () => {
    for (const gateway of [testGateway(), linkGateway(), edgeGateway().gateway]) {
      const hasLinks = gateway.app.meanings.includes("GET /click/*/go")
      const hasEdge = gateway.app.meanings.includes("POST /api/v1/edge/lines")
      const parts = { hasLinks, hasEdge }
      const described = operationsOf(parts).map(({ method, path }) => `${method} ${path}`)
      expect(described.toSorted()).toEqual([...gateway.app.meanings, ...anyPath].toSorted())
      const { paths } = await documentOf(gateway.ask)
      const written = Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
      )
      const expected = operationsOf(parts).map((one) => `${one.method} ${templateOf(one)}`)
      expect(written.toSorted()).toEqual(expected.toSorted())
    }
  })

  test("has every error that can occur, and no unused response", async () => {
    const { components, paths } = await documentOf(linkGateway().ask)
    const responses = JSON.stringify(components.responses)
    // Documented operations have their methods, so 405 does not occur.
    const documented = describedErrors.filter(({ code }) => code !== "method-not-allowed")
    for (const { code, description } of documented) {
      expect(responses).toContain(JSON.stringify(`\`${code}\`: ${description}`).slice(1, -1))
    }
    const names = Object.keys(components.responses)
    expect(new Set(names)).toEqual(new Set(documented.map(({ status }) => `Error${status}`)))
    const written = JSON.stringify(paths)
    expect(names.filter((name) => !written.includes(`#/components/responses/${name}"`))).toEqual([])
  })

  test("has the maximum of events in a batch, from the gateway's setting", async () => {
    const { ask } = testGateway({ bodyLimits: { ...standardFormatLimits, events: 7 } })
    const { components } = await documentOf(ask)
    expect(components.schemas?.Batch).toMatchObject({
      anyOf: [{ type: "array", maxItems: 7 }, { properties: { events: { maxItems: 7 } } }]
    })
  })

  test("allows parameters with any names", async () => {
    const { components } = await documentOf(testGateway().ask)
    expect(components.schemas?.Params).toEqual({ type: "object", additionalProperties: {} })
  })

  test("is not an event, and needs no write key", async () => {
    const { ask, lines } = guardedGateway({ keys: "12345678" })
    expect((await ask("/openapi.json")).status).toBe(200)
    expect((await ask("/openapi.json", { method: "HEAD" })).status).toBe(200)
    expect((await ask("/openapi.json?x=1")).status).toBe(200)
    expect((await ask("/t/x")).status).toBe(401)
    expect(lines).toEqual([])
  })
})

describe("an example of /openapi.json", () => {
  const posts = operationsOf({ hasLinks: true, hasEdge: false }).filter(({ body }) => body !== undefined)

  for (const operation of posts) {
    test(`is taken by ${operation.method} ${operation.path}`, async () => {
      const { ask } = linkGateway()
      const [content] = operation.body?.contents ?? []
      const example = operation.body?.example
      const response = await ask(operation.path.replace("*", "buy"), {
        method: operation.method,
        body: typeof example === "string" ? example : JSON.stringify(example),
        headers: {
          "content-type": content?.type ?? "",
          ...(operation.auth === "token" ? { authorization: `Bearer ${token}` } : {})
        }
      })
      const described = operation.responses.find(({ status }) => status === response.status)
      expect(described).toBeDefined()
      const told = described?.contents?.find(({ type }) =>
        (response.headers.get("content-type") ?? "").startsWith(type)
      )
      if (told === undefined || !("schema" in told)) return expect(await response.text()).toBe("")
      expectShape(told.schema, await response.json())
    })
  }

  test("is valid by the schemas that validate requests", () => {
    const exampleOf = (name: string): unknown => posts.find((one) => one.name === name)?.body?.example
    const batch: unknown = exampleOf("postBatch")
    expect(takes(Schema.Array(BatchEvent), batch)).toBe(true)
    expect(takes(bodies.Batch, batch)).toBe(true)
    expect(Schema.is(Track)(exampleOf("postTrack"))).toBe(true)
    expect(Schema.is(bodies.Params)(exampleOf("postEvent"))).toBe(true)
  })
})

/** Responses that no example causes. */
const asked: ReadonlyArray<readonly [target: string, schema: keyof typeof responses]> = [
  ["/t/open?a=1", "Ok"],
  ["/", "Ok"],
  ["/click/nothing/go", "Error"],
  ["/api/v1/links", "Links"],
  ["/api/v1/links/nothing", "Error"]
]

for (const [target, schema] of asked) {
  test(`the response to ${target} is of the schema ${schema}`, async () => {
    const response = await linkGateway().ask(target, { headers: { authorization: `Bearer ${token}` } })
    expectShape(schema, await response.json())
  })
}

test("the gateway rejects what the schema of an event refuses", async () => {
  const { post } = testGateway()
  const bad: ReadonlyArray<unknown> = [
    {},
    { event: "" },
    { event: "x".repeat(257) },
    { event: "a", params: [] },
    { event: "a", ts: true },
    { event: "a", id: "" },
    { event: "a", id: "é" },
    { event: "a", more: 1 }
  ]
  expect(bad.filter((event) => takes(BatchEvent, event))).toEqual([])
  const { verdicts } = (await (await post("/batch", bad)).json()) as { verdicts: Array<{ verdict: string }> }
  expect(verdicts.map(({ verdict }) => verdict)).toEqual(bad.map(() => "rejected"))
})

/** Whether a schema accepts the value, without additional fields. */
const takes = (schema: Schema.Codec<unknown, unknown>, value: unknown): boolean =>
  Exit.isSuccess(Schema.decodeUnknownExit(schema, { onExcessProperty: "error" })(value))

const expectShape = (expected: string, value: unknown): void => {
  const [, schema] = Object.entries(responses).find(([name]) => name === expected) ?? []
  if (schema === undefined) throw new Error(`There is no response schema ${expected}.`)
  expect(Schema.is(schema)(value)).toBe(true)
}
