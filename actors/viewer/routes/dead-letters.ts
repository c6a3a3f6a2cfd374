/** The addresses under which the ledger and the dead letters are read and changed, as JSON. Keeps nothing. */
import { Elysia } from "elysia"
import { codeOf, refuse } from "../../../gateway/http/errors.ts"
import { DiscardOrder, queryOf, ReplayOrder, shapes, TryOrder } from "../dead-letters/commands.ts"
import type { DeadLetterService } from "../dead-letters/service.ts"
import { longAnswer } from "../http/keep-alive-json.ts"
import { posted } from "../http/request-body.ts"
import { json, nothing } from "../http/responses.ts"

const replayPath = "/api/dead-letters/replay"
const discardPath = "/api/dead-letters/discard"
const tryPath = "/api/dead-letters/try"

/** The paths that take a POST. */
export const posts: ReadonlySet<string> = new Set([replayPath, discardPath, tryPath])

/** NOTE: without `parse: "none"` Elysia reads a body whole, however large, before its handler is asked. */
const unread = { parse: "none" } as const

const replayOrder = posted(ReplayOrder, shapes.replay)
const discardOrder = posted(DiscardOrder, shapes.discard)
const tryOrder = posted(TryOrder, shapes.try)

export const accountRoutes = (accounts: DeadLetterService) =>
  new Elysia()
    .get("/api/ledger", async () => json(await accounts.ledger()))
    .get("/api/where-is", async ({ request }) => {
      const id = searchOf(request).get("id") ?? ""
      return json(await accounts.locateEvent(id, request.signal))
    })
    .get("/api/dead-letters", async ({ request }) => json(await accounts.letters(queryOf(searchOf(request)))))
    .get("/api/dead-letters/letter", async ({ request }) => {
      const letter = await accounts.letter(searchOf(request).get("address") ?? "")
      return letter === undefined ? nothing() : json(letter)
    })
    .post(
      replayPath,
      async ({ request }) => {
        const order = await replayOrder(request)
        return "refused" in order ? order.refused : longAnswer(accounts.replay(order.value))
      },
      unread
    )
    .post(
      discardPath,
      async ({ request }) => {
        const order = await discardOrder(request)
        return "refused" in order ? order.refused : longAnswer(accounts.discard(order.value))
      },
      unread
    )
    .post(
      tryPath,
      async ({ request }) => {
        const order = await tryOrder(request)
        if ("refused" in order) return order.refused
        try {
          const trial = await accounts.tryOut(order.value)
          return trial === undefined ? nothing() : json(trial)
        } catch (cause) {
          return explained(cause)
        }
      },
      unread
    )

/** What is wrong with an edited line is for the one who edits it; other failures are told without their words. */
const explained = (cause: unknown): Response => {
  if (codeOf(cause) === "bad-request" && cause instanceof Error) return refuse("bad-request", cause.message)
  throw cause
}

const searchOf = (request: Request): URLSearchParams => new URL(request.url, "http://viewer").searchParams
