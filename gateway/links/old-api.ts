/**
 * The links API of the old system: `POST /api/<version>/create` and `/delete`, a form with the link as JSON and a signature.
 * The links are those of `/api/v1/links`. Any refusal is 404, as it was; the message says why. Lives as long as the gateway.
 */
import { createHash, timingSafeEqual } from "node:crypto"
import { type CampaignLink, isLinkId, platforms } from "../../contracts/campaign-link.ts"
import { Failure } from "../../contracts/failure.ts"
import { paramValue } from "../../contracts/wire/params.ts"
import { queryIn } from "../formats/body-params.ts"
import { authThrottle } from "../http/auth-throttle.ts"
import type { ReadBody } from "../http/body/read-body.ts"
import { HttpError, refuse } from "../http/errors.ts"
import type { RequestContext } from "../request-context.ts"
import type { Handler, Route } from "../routes.ts"
import { newLinkId } from "./api.ts"
import { windowParams } from "./compiled-link.ts"
import type { ReadLink } from "./read-link.ts"
import { tooManyTries } from "./require-token.ts"
import type { LinkStore } from "./store.ts"

export interface OldApiOptions {
  readonly store: LinkStore
  /** LINKS_SECRET of the moment. */
  readonly secret: () => string
  readonly readBody: ReadBody
  readonly readLink: ReadLink
  /** Called for each link that has changed, or may have. */
  readonly changed: (id: string) => void
}

/** A link as the old system sends it. */
type OldLink = Readonly<Record<string, unknown>>

export const oldLinksApi = (options: OldApiOptions): ReadonlyArray<Route> => {
  const { store, readLink, changed } = options
  const signed = signedForm(options)

  const create = async (old: OldLink): Promise<void> => {
    const text = JSON.stringify(linkOf(old))
    const { id = newLinkId(), ...sent } = readLink("application/json", new TextEncoder().encode(text))
    try {
      await store.put({ ...sent, id })
    } finally {
      changed(id)
    }
  }

  const remove = async ({ id }: OldLink): Promise<void> => {
    const name = textOf(id) ?? ""
    if (!isLinkId(name)) throw notFound("id: It must be the id of a link.")
    try {
      if (!(await store.remove(name))) throw notFound("This link does not exist.")
    } finally {
      changed(name)
    }
  }

  const answering =
    (work: (old: OldLink) => Promise<void>): Handler =>
    async (context) => {
      try {
        const old = await signed(context)
        if (old instanceof Response) return old
        await work(old)
        return Response.json({ status: "ok" }, { headers: { "cache-control": "no-store" } })
      } catch (cause) {
        return refusalOf(cause)
      }
    }

  return [
    { isPrivate: true, path: "/api/*/create", POST: answering(create) },
    { isPrivate: true, path: "/api/*/delete", POST: answering(remove) }
  ]
}

const notFound = (message: string): HttpError => new HttpError("not-found", message)

const refusalOf = (cause: unknown): Response => {
  if (cause instanceof HttpError && cause.code === "bad-request") return refuse("not-found", cause.message)
  if (!(cause instanceof Failure)) throw cause
  if (cause.reason === "too-large") return refuse("too-large", cause.message)
  return refuse("unavailable", "The links are unavailable; try again later.")
}

/** The link of a request whose signature is right. Throws an `HttpError` for another one; a response for too many of them. */
const signedForm = ({ secret, readBody }: OldApiOptions) => {
  const throttle = authThrottle()
  return async ({ request, address, now }: RequestContext): Promise<OldLink | Response> => {
    const waitMs = throttle.wait(address, now)
    if (waitMs > 0) return tooManyTries(waitMs)
    const form = await readBody(request, (bytes) => queryIn(request.headers.get("content-type"), bytes))
    const [link = "", pepper = ""] = ["campaign_link", "pepper"].map((name) => paramValue(form, name))
    const salt = request.headers.get("x-api-salt") ?? ""
    const expected = digest(`${salt}${link}${secret()}`)
    const given = Buffer.from(pepper.toLowerCase().padEnd(expected.length).slice(0, expected.length))
    if (salt === "" || pepper.length !== expected.length || !timingSafeEqual(given, Buffer.from(expected))) {
      throttle.count(address, now)
      throw notFound(
        "The pepper does not match: it is the SHA-1 of X-Api-Salt, campaign_link and LINKS_SECRET."
      )
    }
    return objectIn(link, "campaign_link")
  }
}

const digest = (text: string): string => createHash("sha1").update(text).digest("hex")

const objectIn = (text: string, field: string): OldLink => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw notFound(`${field}: It must be a JSON object.`)
  return value as OldLink
}

/** The fields of the old table as a link; `readLink` checks it. */
const linkOf = (old: OldLink): Partial<CampaignLink> => {
  const { target_url: given } = old
  const targets = typeof given === "string" ? objectIn(given, "target_url") : ((given ?? {}) as OldLink)
  const urls: Record<string, string> = {}
  const ways: Record<string, string> = {}
  for (const [name, value] of Object.entries(targets)) {
    const [target, platform] = [textOf(value), name.toLowerCase()]
    if (target === undefined) continue
    if (platform === "default" || platform === "fallback") ways[platform] = target
    else if (platforms.some((one) => one === (renamed[platform] ?? platform)))
      urls[renamed[platform] ?? platform] = target
    else throw notFound(`target_url.${name}: The platforms are ${platforms.join(", ")}.`)
  }
  const own = texts(old, ["id", "campaign", "adgroup", "ad", "network"])
  const names = ["campaign_url", "country", "device", "user_id", ...Object.values(windowParams)]
  const params = texts(old, names)
  return {
    ...own,
    ...(Object.keys(urls).length === 0 ? {} : { urls }),
    ...ways,
    ...(Object.keys(params).length === 0 ? {} : { params })
  }
}

/** Names of platforms in the old system. */
const renamed: Readonly<Record<string, string>> = { ubuntu: "linux", "mac os x": "mac", osx: "mac" }

const texts = (old: OldLink, names: ReadonlyArray<string>): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const text = textOf(old[name])
      return text === undefined ? [] : [[name, text]]
    })
  )

/** A text or a number as text; undefined for a blank one. */
const textOf = (value: unknown): string | undefined => {
  const text = typeof value === "string" || typeof value === "number" ? String(value).trim() : ""
  return text === "" ? undefined : text
}
