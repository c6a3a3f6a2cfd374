/** A gateway with campaign links for tests: without a socket, with its links in a file of its own. */
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Cause, Effect, Exit, Scope } from "effect"
import { sqliteLinks } from "../../../bridge/campaign-links/sqlite.ts"
import { rememberDevices } from "../../../bridge/user-agent/device.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { storeSchemes } from "../../../contracts/link-target.ts"
import type { GatewayOptions } from "../../../gateway/app.ts"
import type { LinkOptions } from "../../../gateway/links/routes.ts"
import type { LinkStore } from "../../../gateway/links/store.ts"
import { testGateway } from "../gateway-for-tests.ts"

export const token = "correct-horse-battery"

export const iphone =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
export const pixel =
  "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile Safari/537.36"
export const mac =
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36"

const promised = async <A>(asked: Effect.Effect<A, Failure>): Promise<A> => {
  const exit = await Effect.runPromiseExit(asked)
  if (Exit.isFailure(exit)) throw Cause.squash(exit.cause)
  return exit.value
}

/** A new store; it stays open until the process ends. */
export const linksInFile = (maxLinks = 100): LinkStore => {
  const directory = mkdtempSync(join(tmpdir(), "spoor-links-"))
  const links = Effect.runSync(
    sqliteLinks(directory, maxLinks).pipe(Effect.provideService(Scope.Scope, Scope.makeUnsafe()))
  )
  return {
    put: (link) => promised(links.put(link)),
    get: (id) => promised(links.get(id)),
    list: (after, limit) => promised(links.list(after, limit)),
    remove: (id) => promised(links.remove(id))
  }
}

const deviceOf = rememberDevices()

export const platformOf: LinkOptions["platformOf"] = (userAgent) => deviceOf(userAgent).os.toLowerCase()

interface Given {
  readonly store?: LinkStore
  readonly settings?: Partial<LinkOptions["settings"]>
  readonly more?: Partial<GatewayOptions>
}

/** The link options of a gateway; default: without a token. */
export const linkOptions = (
  store: LinkStore = linksInFile(),
  settings: Given["settings"] = {},
  now = () => 0
): LinkOptions => ({
  store,
  platformOf,
  settings: { token: undefined, schemes: storeSchemes, notFoundUrl: undefined, ...settings },
  now
})

export const linkGateway = ({ store = linksInFile(), settings, more }: Given = {}) => {
  const clock = { now: 0 }
  const gateway = testGateway({
    links: linkOptions(store, { token, ...settings }, () => clock.now),
    ...more
  })

  const click = (target: string, userAgent = mac, headers: Record<string, string> = {}) =>
    gateway.ask(target, { headers: { "user-agent": userAgent, ...headers } })

  /** Calls the links API, by default with the token. */
  const manage = (
    method: string,
    path: string,
    { body, headers, peer }: { body?: unknown; headers?: Record<string, string>; peer?: string } = {}
  ) =>
    gateway.ask(`/api/v1/links${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      ...(peer === undefined ? {} : { peer })
    })

  return { ...gateway, store, clock, click, manage }
}
