/**
 * The HTTP edge: one Elysia app of plain web-standard handlers. Any GET or HEAD is one event, answered when the queue
 * has it. It keeps no state; serve.ts serves it.
 */
import { Elysia } from "elysia"
import { type Bytes, bytesOf } from "../contracts/event.ts"
import { formatLine } from "../contracts/wire/line.ts"
import { anyOrigin, eventPixel, icon, ok, robots } from "./answers.ts"
import { clientAddress, trustedProxies } from "./client-address.ts"
import { refuse, refuseFailed } from "./errors.ts"
import { hostOf } from "./host.ts"
import type { Client } from "./serve.ts"
import { type Target, targetOf } from "./target.ts"

/** The path and query of a request may weigh so many bytes. */
export const maxTargetBytes = 20_480

/** Answers a request that is about the gateway itself. */
export type Operation = () => Response | Promise<Response>

export interface GatewayOptions {
  /** Resolves when the queue has the line; rejects with `Failure`. */
  readonly push: (line: Bytes) => Promise<void>
  /** What stands at `/health/live`, `/health/ready` and `/metrics`. */
  readonly operations: { readonly live: Operation; readonly ready: Operation; readonly metrics: Operation }
  readonly settings: { readonly trustedProxies: string; readonly podName: string | undefined }
  /** Milliseconds since 1970. */
  readonly now: () => number
}

export interface GatewayApp {
  /** Never fails. */
  readonly fetch: (request: Request, client: Pick<Client, "address">) => Response | Promise<Response>
}

export const gatewayApp = ({ push, operations, settings, now }: GatewayOptions): GatewayApp => {
  const isTrusted = trustedProxies(settings.trustedProxies)
  const pod = bytesOf(settings.podName ?? "")
  const named: ReadonlyMap<string, Operation> = new Map([
    ["/favicon.ico", icon],
    ["/robots.txt", robots],
    ["/health/live", operations.live],
    ["/health/ready", operations.ready],
    ["/metrics", operations.metrics]
  ])

  const operationAt = ({ path, query }: Target): Operation | undefined => {
    if (path === "/") return query === "" ? ok : undefined
    if (path.startsWith("/apple-") && path.endsWith(".png") && !path.includes("/", 1)) return icon
    return named.get(path)
  }

  const takeEvent = (
    headers: Headers,
    { path, query }: Target,
    client: Pick<Client, "address">
  ): Response | Promise<Response> => {
    const host = hostOf(headers.get("host"))
    if (host === undefined) return refuse("bad-request", "The Host header names no host.", anyOrigin)
    const isGif = path.endsWith(".gif")
    const line = formatLine({
      dialect: "pushtech",
      ip: clientAddress(headers, client.address, isTrusted),
      ts: now(),
      host,
      pod,
      path: isGif ? (path.slice(0, -".gif".length) as Bytes) : path,
      query,
      userAgent: (headers.get("user-agent") ?? "") as Bytes
    })
    const wantsImage = isGif || headers.get("accept")?.startsWith("image/") === true
    return push(line).then(wantsImage ? eventPixel : ok, refuseEvent)
  }

  const clients = new WeakMap<Request, Pick<Client, "address">>()

  // One route: Elysia finds paths only behind host names of four letters and more; names in a cluster may be shorter.
  const app = new Elysia()
    .onError(({ error }) => refuseFailed(error))
    .all("*", ({ request }) => {
      const target = targetOf(request.url)
      if (target.path.length + target.query.length >= maxTargetBytes) return tooLong()
      if (!isGet(request.method)) {
        return refuse("method-not-allowed", "Events are sent with GET or HEAD.", allowGet)
      }
      const operation = operationAt(target)
      if (operation !== undefined) return operation()
      return takeEvent(request.headers, target, clients.get(request) ?? unknownClient)
    })
    .compile()

  return {
    fetch: (request, client) => {
      clients.set(request, client)
      return app.fetch(request)
    }
  }
}

const unknownClient = { address: "" }

const isGet = (method: string): boolean => method === "GET" || method === "HEAD"

const allowGet = { allow: "GET, HEAD" }

const refuseEvent = (cause: unknown): Response => refuseFailed(cause, anyOrigin)

const tooLong = (): Response =>
  refuse("uri-too-long", `The path and the query together must be under ${maxTargetBytes} bytes.`, anyOrigin)
