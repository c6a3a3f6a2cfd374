/** Campaign links of the centre, through the links API of its gateway. Keeps no state: the gateway's cache does. */
import { Schema } from "effect"
import { CampaignLink } from "../../contracts/campaign-link.ts"
import { Failure } from "../../contracts/failure.ts"
import type { LinkStore } from "../links/store.ts"

const Page = Schema.Struct({ links: Schema.Array(CampaignLink), next: Schema.NullOr(Schema.String) })
const readLink = Schema.decodeUnknownSync(CampaignLink)
const readPage = Schema.decodeUnknownSync(Page)

const timeoutMs = 5_000

/** `url` is the address of a gateway of the centre, `token` its LINKS_TOKEN. */
export const remoteLinks = (url: URL, token: string): LinkStore => {
  const ask = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const response = await fetch(new URL(`/api/v1/links${path}`, url), {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" })
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs)
    }).catch((cause: unknown) => {
      throw unavailable(String(cause))
    })
    if (response.ok || response.status === 404) return response
    await response.body?.cancel()
    if (response.status === 413) throw new Failure({ reason: "too-large", message: "The link is too large." })
    throw unavailable(`it answers ${response.status}`)
  }

  const unavailable = (reason: string): Failure =>
    new Failure({ reason: "unavailable", message: `The links API at ${url.host}: ${reason}.` })

  return {
    put: async (link) => {
      const response = await ask("POST", "", link)
      await response.body?.cancel()
      if (response.status === 404) throw unavailable("it is off: set LINKS_TOKEN there")
      return response.status === 201 ? "created" : "replaced"
    },
    get: async (id) => {
      const response = await ask("GET", `/${id}`)
      if (response.status !== 404) return readLink(await response.json())
      await response.body?.cancel()
      return undefined
    },
    list: async (after, limit) => {
      const response = await ask(
        "GET",
        `?limit=${limit}${after === undefined ? "" : `&after=${encodeURIComponent(after)}`}`
      )
      if (response.status === 404) throw unavailable("it is off: set LINKS_TOKEN there")
      const { links, next } = readPage(await response.json())
      return { links, next: next ?? undefined }
    },
    remove: async (id) => {
      const response = await ask("DELETE", `/${id}`)
      await response.body?.cancel()
      return response.status !== 404
    }
  }
}
