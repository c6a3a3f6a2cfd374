/**
 * The HTTP clients of the exporters: they bound what waits for a collector that does not answer, and log an outage once
 * when it begins and once when it ends. Loaded only when something is exported; they live as long as the process.
 */
import { Effect } from "effect"
import { layer as fetchLayer } from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import {
  type ConnectionState,
  logWith,
  makeConnectionState,
  reasonOf
} from "../../../bridge/connection-state.ts"

/**
 * Exports of one signal in flight at once. Further ones fail at once; the exporter then drops what it has, and everything
 * for a minute. With at most 512 items in an export this bounds the memory of each signal.
 */
export const maxExportsInFlight = 4

/** After a failed export, new ones fail at once for so long, milliseconds: the exporter keeps the failed ones and repeats them. */
export const pauseAfterFailureMs = 5_000

/**
 * Makes the clients: one for each URL, whose exports fail when they take longer than `timeoutMs`. Clients of one host and
 * port share what is logged about reaching it; a refusal is logged by URL, since a collector may take traces only.
 */
export const collectorClients = Effect.fnUntraced(function* (timeoutMs: number) {
  const client = yield* HttpClient.HttpClient
  const log = logWith(Effect.runForkWith(yield* Effect.context<never>()))
  const hosts = new Map<string, ConnectionState>()
  const hostState = (host: string): ConnectionState => {
    const state = hosts.get(host) ?? makeConnectionState(`the OpenTelemetry collector at ${host}`, log)
    hosts.set(host, state)
    return state
  }
  return (url: string): HttpClient.HttpClient => {
    const { host, pathname } = new URL(url)
    const reached = hostState(host)
    const accepted = makeConnectionState(`the OpenTelemetry collector at ${host}${pathname}`, log)
    const begun = new WeakSet<object>()
    let inFlight = 0
    let failedAt = Number.NEGATIVE_INFINITY
    const failed = (): void => {
      failedAt = performance.now()
    }
    return HttpClient.transform(client, (exported, request) =>
      Effect.suspend(() => {
        const isPaused = !begun.has(request) && performance.now() - failedAt < pauseAfterFailureMs
        // A defect: exporters repeat failures, and keep their data meanwhile.
        if (isPaused || inFlight >= maxExportsInFlight)
          return Effect.die(new Error("the collector does not take what is exported already"))
        begun.add(request)
        inFlight += 1
        return exported.pipe(
          Effect.timeout(timeoutMs),
          Effect.tap(({ status }) =>
            Effect.sync(() => {
              reached.up()
              if (status < 300) {
                failedAt = Number.NEGATIVE_INFINITY
                return accepted.up()
              }
              failed()
              accepted.down(`it answers ${status}`)
            })
          ),
          Effect.tapError((error) =>
            Effect.sync(() => {
              failed()
              reached.down(reasonIn(error))
            })
          ),
          Effect.ensuring(
            Effect.sync(() => {
              inFlight -= 1
            })
          )
        ) as typeof exported
      })
    )
  }
}, Effect.provide(fetchLayer))

/**
 * The first sentence of the reason, without the request, whose headers may contain secrets, and without its URL, which
 * differs by signal.
 */
const reasonIn = (error: unknown): string => {
  if (typeof error !== "object" || error === null) return String(error)
  if ("_tag" in error && error._tag === "TimeoutError") return "no answer in time"
  const { reason } = error as { readonly reason?: { readonly cause?: unknown } }
  const text = reasonOf(reason?.cause ?? "the export failed")
  return text.replaceAll(/ (?:for url )?\(https?:[^)]*\)/g, "").replace(/\. .*|\.$/s, "")
}
