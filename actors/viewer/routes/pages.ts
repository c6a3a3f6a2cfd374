/** The routes of the pages and of their scripts and styles. Keeps the files, which are read once. */
import { Elysia } from "elysia"
import type { Counter } from "../counters.ts"
import { notFound } from "../http/responses.ts"
import { counterPage, missingPage, type PageFile, pageFiles } from "../web/static-files.ts"

/** The response for an unknown path: a page for browsers, JSON for programs. */
export type MissingResponse = (request: Request) => Response

export const missingResponse = (): MissingResponse => {
  const file = missingPage()
  return ({ headers }) =>
    (headers.get("accept") ?? "").includes("text/html") ? responseOf(file, 404) : notFound()
}

export const pageRoutes = (counters: ReadonlyArray<Counter>, missing: MissingResponse) => {
  const counterFile = counterPage()
  const app = new Elysia().get("/counters/:name", ({ params, request }) =>
    counters.some(({ name }) => name === params.name) ? responseOf(counterFile) : missing(request)
  )
  for (const [path, file] of pageFiles()) app.get(path, () => responseOf(file))
  return app
}

const responseOf = ({ body, headers }: PageFile, status = 200): Response =>
  new Response(body, { status, headers })
