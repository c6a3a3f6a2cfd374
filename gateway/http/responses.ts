/** The answers of the edge that are not errors. */

/** So that pages of other sites may read the answer to an event they sent by a simple request. */
export const anyOrigin = { "access-control-allow-origin": "*" }

/** So that no proxy and no browser answers the next event in our place. */
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

/** One transparent pixel that nobody may keep: each time it is shown is an event. */
export const uncachedPixel = (): Response => gif({ ...noStore, ...anyOrigin })

/** One transparent pixel for browsers that ask for an icon. */
export const icon = (): Response => gif({ "cache-control": "public, max-age=86400" })

/** Robots stay away. */
export const robots = (): Response =>
  new Response("User-agent: *\nDisallow: /\n", { headers: { "content-type": "text/plain; charset=utf-8" } })
