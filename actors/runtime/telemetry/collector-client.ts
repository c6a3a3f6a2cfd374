/**
 * The HTTP clients of the exporters: they bound what waits for a collector that does not answer, and log an outage once
 * when it begins and once when it ends. Loaded only when something is exported; they live as long as the process.
 */
import { Effect } from "effect"
import { layer as fetchLayer } from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import { reasonOf } from "../../../bridge/connection-state.ts"
import { logWith, makeOutage, type Operation } from "../../../bridge/outage.ts"

/**
 * Exports of one signal in flight at once. Further ones fail at once; the exporter then drops what it has, and everything
 * for a minute. With at most 512 items in an export this bounds the memory of each signal.
 */
export const maxExportsInFlight = 4

/** After a failed export, new ones fail at once for so long, milliseconds: the exporter keeps the failed ones and repeats them. */
export const pauseAfterFailureMs = 5_000

const meanwhile = "Events are not affected; what would be exported may be dropped."

/**
 * Makes the clients: one for each URL, whose exports fail when they take longer than `timeoutMs`. Clients of one host and
 * port share what is logged about reaching it; a refusal is logged by URL, since a collector may take traces only.
 */
export const collectorClients = Effect.fnUntraced(function* (timeoutMs: number) {
  const client = yield* HttpClient.HttpClient
  const log = logWith(Effect.runForkWith(yield* Effect.context<never>()))
  const exportsTo = (place: string): Operation =>
    makeOutage({ name: `The OpenTelemetry collector at ${place}`, log }).operation({
      isSteady: true,
      meanwhile
    })
  const hosts = new Map<string, Operation>()
  const exportsToHost = (host: string): Operation => {
    const exports = hosts.get(host) ?? exportsTo(host)
    hosts.set(host, exports)
    return exports
  }
  return (url: string): HttpClient.HttpClient => {
    const { host, pathname } = new URL(url)
    const reached = exportsToHost(host)
    const accepted = exportsTo(`${host}${pathname}`)
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
              reached.worked()
              if (status < 300) {
                failedAt = Number.NEGATIVE_INFINITY
                return accepted.worked()
              }
              failed()
              accepted.failed(`it answers ${status}`)
            })
          ),
          Effect.tapError((error) =>
            Effect.sync(() => {
              failed()
              reached.failed(reasonIn(error))
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
