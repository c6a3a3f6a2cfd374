/** The routes of the reactions: rules, targets and last calls, and the commands about them, as JSON. Keeps nothing. */
import { Elysia } from "elysia"
import { codeOf, refuse } from "../../../gateway/http/errors.ts"
import { jsonBody, type RequestBody } from "../http/request-body.ts"
import { json, notFound } from "../http/responses.ts"
import {
  EnableCommand,
  NameCommand,
  PutCommand,
  shapes,
  TargetCommand,
  TryCommand,
  TurnCommand
} from "../reactions/commands.ts"
import type { ReactionService } from "../reactions/service.ts"

const rulesPath = "/api/reactions/rules"
const removePath = "/api/reactions/rules/remove"
const turnPath = "/api/reactions/rules/turn"
const tryPath = "/api/reactions/try"
const pausePath = "/api/reactions/targets/pause"
const resumePath = "/api/reactions/targets/resume"
const enablePath = "/api/reactions/targets/enable"

/** The paths that accept POST, and the one that accepts PUT. */
export const reactionPostPaths: ReadonlySet<string> = new Set([
  removePath,
  turnPath,
  tryPath,
  pausePath,
  resumePath,
  enablePath
])
export const reactionPutPaths: ReadonlySet<string> = new Set([rulesPath])

/** NOTE: without `parse: "none"` Elysia reads a body whole, however large, before it calls the handler. */
const unparsed = { parse: "none" } as const

const readPut = jsonBody(PutCommand, shapes.put)
const readRemove = jsonBody(NameCommand, shapes.name)
const readTurn = jsonBody(TurnCommand, shapes.turn)
const readTry = jsonBody(TryCommand, shapes.try)
const readTarget = jsonBody(TargetCommand, shapes.target)
const readEnable = jsonBody(EnableCommand, shapes.enable)

/** Calls in an answer, by default and at most. */
const standardCalls = 50
const maxCalls = 200

export const reactionRoutes = (reactions: ReactionService) =>
  new Elysia()
    .get("/api/reactions", async () => json(await reactions.list()))
    .get("/api/reactions/rule", async ({ request }) =>
      foundOr404(await reactions.ruleText(queryIn(request).get("name") ?? ""))
    )
    .get("/api/reactions/targets", async () => json(await reactions.targets()))
    .get("/api/reactions/calls", async ({ request }) => {
      const query = queryIn(request)
      const limit = Number(query.get("limit") ?? standardCalls)
      if (!Number.isInteger(limit) || limit < 1 || limit > maxCalls)
        return refuse("bad-request", `limit must be a number from 1 to ${maxCalls}.`)
      const of = { rule: query.get("rule") || undefined, target: query.get("target") || undefined }
      return json(await reactions.calls(of, limit))
    })
    .put(
      rulesPath,
      ({ request }) => command(readPut(request), async (rule) => json(await reactions.put(rule))),
      unparsed
    )
    .post(
      removePath,
      ({ request }) =>
        command(readRemove(request), async ({ name }) => {
          await reactions.remove(name)
          return json({ name, removed: true })
        }),
      unparsed
    )
    .post(
      turnPath,
      ({ request }) =>
        command(readTurn(request), async ({ name, on }) => {
          await reactions.turn(name, on)
          return json({ name, on })
        }),
      unparsed
    )
    .post(
      tryPath,
      ({ request }) =>
        command(readTry(request), async (what) => json(await reactions.try(what, request.signal))),
      unparsed
    )
    .post(
      pausePath,
      ({ request }) =>
        command(readTarget(request), async ({ target }) => {
          await reactions.pause(target)
          return json({ target, paused: true })
        }),
      unparsed
    )
    .post(
      resumePath,
      ({ request }) =>
        command(readTarget(request), async ({ target }) => {
          await reactions.resume(target)
          return json({ target, resumed: true })
        }),
      unparsed
    )
    .post(
      enablePath,
      ({ request }) =>
        command(readEnable(request), async ({ target, rule }) => {
          await reactions.enable(target, rule)
          return json({ target, rule, enabled: true })
        }),
      unparsed
    )

/** Runs a command when its body can be read. What is wrong with it is explained; messages of other failures are not sent. */
const command = async <A>(
  reading: Promise<RequestBody<A>>,
  run: (value: A) => Promise<Response>
): Promise<Response> => {
  const body = await reading
  if ("refused" in body) return body.refused
  try {
    return await run(body.value)
  } catch (cause) {
    if (codeOf(cause) === "bad-request" && cause instanceof Error) return refuse("bad-request", cause.message)
    throw cause
  }
}

const foundOr404 = (value: unknown): Response => (value === undefined ? notFound() : json(value))

const queryIn = (request: Request): URLSearchParams => new URL(request.url, "http://viewer").searchParams
