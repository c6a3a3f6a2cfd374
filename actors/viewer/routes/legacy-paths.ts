/**
 * Addresses of the old system's pages: where its dead letters were listed, and where all of them were cleared. Its live
 * list, `/kafidx?filter=<type>`, is the page of events (web/static-files.ts, web/event-filter.js). Keeps nothing.
 */
import { Elysia } from "elysia"
import { refuse } from "../../../gateway/http/errors.ts"
import type { DeadLetterService } from "../dead-letters/service.ts"
import { postedForm } from "../http/read-json.ts"

const clearPath = "/badclicks/clear_all"

/** The paths that take a POST. */
export const oldPosts: ReadonlySet<string> = new Set([clearPath])

/** How long a client waits for a long list to be cleared, milliseconds; then it is sent on, and clearing continues. */
const clearTimeoutMs = 15_000

const elsewhere = (status: 302 | 303, location: string): Response =>
  new Response(null, { status, headers: { location, "cache-control": "no-store" } })

export const oldAddresses = (accounts: Pick<DeadLetterService, "discard">) =>
  new Elysia()
    .get("/badclicks", () => elsewhere(302, "/dead-letters"))
    .post(
      clearPath,
      async ({ request }) => {
        const form = await postedForm(request)
        if ("refused" in form) return form.refused
        if (form.value.get("confirm") !== "yes") return elsewhere(303, "/badclicks")
        const outcome = await within(accounts.discard({ filter: {} }), clearTimeoutMs)
        const troubles = outcome?.troubles ?? []
        return troubles.length === 0
          ? elsewhere(303, "/badclicks")
          : refuse("unavailable", `Not all dead letters were cleared: ${troubles.join(" ")}`)
      },
      { parse: "none" }
    )

/** The value, or undefined when it does not come in time. */
const within = async <A>(value: Promise<A>, milliseconds: number): Promise<A | undefined> => {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds)
  })
  try {
    return await Promise.race([value, late])
  } finally {
    clearTimeout(timer)
  }
}
