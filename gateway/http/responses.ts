/** Responses that are not errors. */

/** Lets pages of any site read the response to a simple request. */
export const anyOrigin = { "access-control-allow-origin": "*" }

/** Prevents proxies and browsers from answering the next request from a cache. */
export const noStore = { "cache-control": "no-store" }

const okHeaders = new Headers({ "content-type": "application/json", ...noStore, ...anyOrigin })

/** `{"status":"ok"}`. */
export const ok = (): Response => new Response('{"status":"ok"}', { headers: okHeaders })

const transparentPixel = Uint8Array.from(
  atob("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"),
  (character) => character.charCodeAt(0)
)

const gif = (headers: Readonly<Record<string, string>>): Response =>
  new Response(transparentPixel, { headers: { "content-type": "image/gif", ...headers } })

/** One transparent pixel that must not be cached: every display sends a request. */
export const uncachedPixel = (): Response => gif({ ...noStore, ...anyOrigin })

/** One transparent pixel as an icon. */
export const icon = (): Response => gif({ "cache-control": "public, max-age=86400" })

/** A robots.txt that allows nothing. */
export const robots = (): Response =>
  new Response("User-agent: *\nDisallow: /\n", { headers: { "content-type": "text/plain; charset=utf-8" } })
