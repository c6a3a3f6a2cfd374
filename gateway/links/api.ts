/** The API of campaign links: `/api/v1/links`, for people who have the token. Its answers are for no web page. */
import { isLinkId } from "../../contracts/campaign-link.ts"
import { type ByteString, textOf } from "../../contracts/event.ts"
import { Failure } from "../../contracts/failure.ts"
import { parseParams } from "../../contracts/wire/params.ts"
import type { ReadBody } from "../http/body/read-body.ts"
import { refuse } from "../http/errors.ts"
import type { RequestContext } from "../request-context.ts"
import { type Handler, type Route, withoutSlash } from "../routes.ts"
import type { ReadLink } from "./read-link.ts"
import type { RequireToken } from "./require-token.ts"
import type { LinkStore } from "./store.ts"

export interface LinksApiOptions {
  readonly store: LinkStore
  readonly requireToken: RequireToken
  readonly readBody: ReadBody
  readonly readLink: ReadLink
  /** Told of each link that has changed, or may have. */
  readonly changed: (id: string) => void
}

const path = "/api/v1/links"

/** Links in one answer: as many as are not asked for otherwise, and at most. */
const defaultPageSize = 100
export const maxPageSize = 1_000

export const linksApi = ({
  store,
  requireToken,
  readBody,
  readLink,
  changed
}: LinksApiOptions): ReadonlyArray<Route> => {
  const guarded =
    (handler: Handler): Handler =>
    (context) =>
      requireToken(context) ?? handler(context)

  const put: Handler = async ({ request }) => {
    const sent = await readBody(request, (bytes) => readLink(request.headers.get("content-type"), bytes))
    const link = { ...sent, id: sent.id ?? newLinkId() }
    const outcome = await answered(store.put(link), () => changed(link.id))
    if (outcome instanceof Response) return outcome
    const isNew = outcome.value === "created"
    return Response.json(link, {
      status: isNew ? 201 : 200,
      headers: { ...private_, ...(isNew ? { location: `${path}/${link.id}` } : {}) }
    })
  }

  const list: Handler = async ({ target }) => {
    const page = pageIn(target.query)
    if (typeof page === "string") return refuse("bad-request", page)
    const found = await answered(store.list(page.after, page.limit))
    if (found instanceof Response) return found
    const { links, next } = found.value
    return Response.json({ links, next: next ?? null }, { headers: private_ })
  }

  const get: Handler = async (context) => {
    const id = idOf(context)
    if (id === undefined) return noSuchLink()
    const found = await answered(store.get(id))
    if (found instanceof Response) return found
    return found.value === undefined ? noSuchLink() : Response.json(found.value, { headers: private_ })
  }

  const remove: Handler = async (context) => {
    const id = idOf(context)
    if (id === undefined) return noSuchLink()
    const found = await answered(store.remove(id), () => changed(id))
    if (found instanceof Response) return found
    return found.value ? new Response(null, { status: 204 }) : noSuchLink()
  }

  return [
    { isPrivate: true, path, GET: guarded(list), POST: guarded(put) },
    { isPrivate: true, path: `${path}/*`, GET: guarded(get), DELETE: guarded(remove) }
  ]
}

const private_ = { "cache-control": "no-store" }

const noSuchLink = (): Response => refuse("not-found", "There is no such link.")

/** What the store said, or the answer to a client whose store cannot say. `after` runs in both cases. */
const answered = async <A>(
  asked: Promise<A>,
  after: () => void = () => {}
): Promise<{ readonly value: A } | Response> => {
  try {
    return { value: await asked }
  } catch (cause) {
    if (cause instanceof Failure && cause.reason === "too-large") return refuse("too-large", cause.message)
    return refuse("unavailable", "The links cannot be reached now; try again.")
  } finally {
    after()
  }
}

const idOf = ({ target }: RequestContext): string | undefined => {
  const id = withoutSlash(target.path).slice(path.length + 1)
  return isLinkId(id) ? id : undefined
}

/** 80 random bits. */
const newLinkId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => letters[byte & 31]).join("")

const letters = "abcdefghijkmnpqrstuvwxyz23456789"

/** What part of the list is asked for, or what is wrong with the question, as a sentence. */
const pageIn = (
  query: ByteString
): { readonly after: string | undefined; readonly limit: number } | string => {
  const params = parseParams(query)
  const unknown = params.find(([name]) => name !== "after" && name !== "limit")?.[0]
  if (unknown !== undefined) return `${textOf(unknown as ByteString)}: The parameters are after and limit.`
  const after = params.find(([name]) => name === "after")?.[1]
  if (after !== undefined && !isLinkId(after)) return "after: It must be the id of a link."
  const limit = params.find(([name]) => name === "limit")?.[1] ?? String(defaultPageSize)
  const isLimit = /^\d{1,4}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= maxPageSize
  return isLimit ? { after, limit: Number(limit) } : `limit: It must be a number from 1 to ${maxPageSize}.`
}
