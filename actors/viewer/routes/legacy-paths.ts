/**
 * Paths of the old system's pages: the list of dead letters and the form that cleared it. Its live list,
 * `/kafidx?filter=<type>`, is the page of events (web/static-files.ts, web/event-filter.ts). Keeps nothing.
 */
import { Elysia } from "elysia"
import { refuse } from "../../../gateway/http/errors.ts"
import type { DeadLetterService } from "../dead-letters/service.ts"
import { formBody } from "../http/request-body.ts"

const clearPath = "/badclicks/clear_all"

/** The paths that accept POST. */
export const legacyPostPaths: ReadonlySet<string> = new Set([clearPath])

/** How long the client waits while a long list is cleared, ms; then it is redirected, and clearing continues. */
const clearTimeoutMs = 15_000

const redirect = (status: 302 | 303, location: string): Response =>
  new Response(null, { status, headers: { location, "cache-control": "no-store" } })

export const legacyRoutes = (deadLetters: Pick<DeadLetterService, "discard">) =>
  new Elysia()
    .get("/badclicks", () => redirect(302, "/dead-letters"))
    .post(
      clearPath,
      async ({ request }) => {
        const form = await formBody(request)
        if ("refused" in form) return form.refused
        if (form.value.get("confirm") !== "yes") return redirect(303, "/badclicks")
        const outcome = await within(deadLetters.discard({ filter: {} }), clearTimeoutMs)
        const troubles = outcome?.troubles ?? []
        return troubles.length === 0
          ? redirect(303, "/badclicks")
          : refuse("unavailable", `Not all dead letters were cleared: ${troubles.join(" ")}`)
      },
      { parse: "none" }
    )

/** The value, or undefined after the timeout. */
const within = async <A>(value: Promise<A>, timeoutMs: number): Promise<A | undefined> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs)
  })
  try {
    return await Promise.race([value, timeout])
  } finally {
    clearTimeout(timer)
  }
}
