/** The API of campaign links: `/api/v1/links`, for clients with the token. No web page may read its responses. */
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
  /** Called for each link that has changed, or may have. */
  readonly changed: (id: string) => void
}

const path = "/api/v1/links"

/** Links in one response: the default and the maximum of the parameter `limit`. */
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
    const outcome = await fromStore(store.put(link), () => changed(link.id))
    if (outcome instanceof Response) return outcome
    const isNew = outcome.value === "created"
    return Response.json(link, {
      status: isNew ? 201 : 200,
      headers: { ...noStoreHeaders, ...(isNew ? { location: `${path}/${link.id}` } : {}) }
    })
  }

  const list: Handler = async ({ target }) => {
    const page = pageIn(target.query)
    if (typeof page === "string") return refuse("bad-request", page)
    const found = await fromStore(store.list(page.after, page.limit))
    if (found instanceof Response) return found
    const { links, next } = found.value
    return Response.json({ links, next: next ?? null }, { headers: noStoreHeaders })
  }

  const get: Handler = async (context) => {
    const id = idOf(context)
    if (id === undefined) return noSuchLink()
    const found = await fromStore(store.get(id))
    if (found instanceof Response) return found
    return found.value === undefined ? noSuchLink() : Response.json(found.value, { headers: noStoreHeaders })
  }

  const remove: Handler = async (context) => {
    const id = idOf(context)
    if (id === undefined) return noSuchLink()
    const found = await fromStore(store.remove(id), () => changed(id))
    if (found instanceof Response) return found
    return found.value ? new Response(null, { status: 204 }) : noSuchLink()
  }

  return [
    { isPrivate: true, path, GET: guarded(list), POST: guarded(put) },
    { isPrivate: true, path: `${path}/*`, GET: guarded(get), DELETE: guarded(remove) }
  ]
}

const noStoreHeaders = { "cache-control": "no-store" }

const noSuchLink = (): Response => refuse("not-found", "This link does not exist.")

/** The store's result, or the error response when the store fails. `after` runs in both cases. */
const fromStore = async <A>(
  result: Promise<A>,
  after: () => void = () => {}
): Promise<{ readonly value: A } | Response> => {
  try {
    return { value: await result }
  } catch (cause) {
    if (cause instanceof Failure && cause.reason === "too-large") return refuse("too-large", cause.message)
    return refuse("unavailable", "The links are unavailable; try again later.")
  } finally {
    after()
  }
}

const idOf = ({ target }: RequestContext): string | undefined => {
  const id = withoutSlash(target.path).slice(path.length + 1)
  return isLinkId(id) ? id : undefined
}

/** A random id of 80 bits. */
export const newLinkId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => letters[byte & 31]).join("")

const letters = "abcdefghijkmnpqrstuvwxyz23456789"

/** The requested page of the list, or what is wrong with the parameters, as a sentence. */
const pageIn = (
  query: ByteString
): { readonly after: string | undefined; readonly limit: number } | string => {
  const params = parseParams(query)
  const unknown = params.find(([name]) => name !== "after" && name !== "limit")?.[0]
  if (unknown !== undefined)
    return `${textOf(unknown as ByteString)}: Unknown parameter; use after and limit.`
  const after = params.find(([name]) => name === "after")?.[1]
  if (after !== undefined && !isLinkId(after)) return "after: It must be a link's id."
  const limit = params.find(([name]) => name === "limit")?.[1] ?? String(defaultPageSize)
  const isLimit = /^\d{1,4}$/.test(limit) && Number(limit) >= 1 && Number(limit) <= maxPageSize
  return isLimit ? { after, limit: Number(limit) } : `limit: It must be a number from 1 to ${maxPageSize}.`
}
