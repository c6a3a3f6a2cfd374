/** The routes of the dead letters: list, open, dry-run, replay and discard, as JSON. Keeps nothing. */
import { Elysia } from "elysia"
import { codeOf, refuse } from "../../../gateway/http/errors.ts"
import { DiscardCommand, DryRunCommand, queryOf, ReplayCommand, shapes } from "../dead-letters/commands.ts"
import type { DeadLetterService } from "../dead-letters/service.ts"
import { keepAliveJson } from "../http/keep-alive-json.ts"
import { jsonBody } from "../http/request-body.ts"
import { json, notFound } from "../http/responses.ts"

const replayPath = "/api/dead-letters/replay"
const discardPath = "/api/dead-letters/discard"
const dryRunPath = "/api/dead-letters/try"

/** The paths that accept POST. */
export const deadLetterPostPaths: ReadonlySet<string> = new Set([replayPath, discardPath, dryRunPath])

/** NOTE: without `parse: "none"` Elysia reads a body whole, however large, before it calls the handler. */
const unparsed = { parse: "none" } as const

const readReplay = jsonBody(ReplayCommand, shapes.replay)
const readDiscard = jsonBody(DiscardCommand, shapes.discard)
const readDryRun = jsonBody(DryRunCommand, shapes.dryRun)

export const deadLetterRoutes = (deadLetters: DeadLetterService) =>
  new Elysia()
    .get("/api/dead-letters", async ({ request }) => json(await deadLetters.list(queryOf(queryIn(request)))))
    .get("/api/dead-letters/letter", async ({ request }) => {
      const letter = await deadLetters.open(queryIn(request).get("address") ?? "")
      return letter === undefined ? notFound() : json(letter)
    })
    .post(
      replayPath,
      async ({ request }) => {
        const command = await readReplay(request)
        return "refused" in command ? command.refused : keepAliveJson(deadLetters.replay(command.value))
      },
      unparsed
    )
    .post(
      discardPath,
      async ({ request }) => {
        const command = await readDiscard(request)
        return "refused" in command ? command.refused : keepAliveJson(deadLetters.discard(command.value))
      },
      unparsed
    )
    .post(
      dryRunPath,
      async ({ request }) => {
        const command = await readDryRun(request)
        if ("refused" in command) return command.refused
        try {
          const result = await deadLetters.dryRun(command.value)
          return result === undefined ? notFound() : json(result)
        } catch (cause) {
          return refuseInvalidLine(cause)
        }
      },
      unparsed
    )

/** Explains what is wrong with an edited line; the messages of other failures are not shown to clients. */
const refuseInvalidLine = (cause: unknown): Response => {
  if (codeOf(cause) === "bad-request" && cause instanceof Error) return refuse("bad-request", cause.message)
  throw cause
}

const queryIn = (request: Request): URLSearchParams => new URL(request.url, "http://viewer").searchParams
