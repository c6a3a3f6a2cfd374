/**
 * The HTTP client of the exporters: bounds what waits for a collector that does not answer, and logs an outage once when it
 * begins and once when it ends. Loaded only when something is exported; lives as long as the process.
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

/** A client for one collector; `address`: its host and port. An export fails when it takes longer than `timeoutMs`. */
export const collectorClient = Effect.fnUntraced(function* (address: string, timeoutMs: number) {
  const client = yield* HttpClient.HttpClient
  const log = logWith(Effect.runForkWith(yield* Effect.context<never>()))
  const state = makeConnectionState(`the OpenTelemetry collector at ${address}`, log)
  let inFlight = 0
  return HttpClient.transform(client, (exported) =>
    Effect.suspend(() => {
      // A defect: exporters retry failures, and a retry keeps its data.
      if (inFlight >= maxExportsInFlight) return Effect.die(new Error("too many exports are in flight"))
      inFlight += 1
      return exported.pipe(
        Effect.timeout(timeoutMs),
        Effect.tap(({ status }) => Effect.sync(() => reported(state, status))),
        Effect.tapError((error) => Effect.sync(() => state.down(reasonIn(error)))),
        Effect.ensuring(
          Effect.sync(() => {
            inFlight -= 1
          })
        )
      ) as typeof exported
    })
  )
}, Effect.provide(fetchLayer))

const reported = (state: ConnectionState, status: number): void =>
  status < 300 ? state.up() : state.down(`it answers ${status}`)

/** The reason without the request, whose headers may contain secrets. */
const reasonIn = (error: unknown): string => {
  if (typeof error !== "object" || error === null) return String(error)
  if ("_tag" in error && error._tag === "TimeoutError") return "no answer in time"
  const { reason } = error as { readonly reason?: { readonly cause?: unknown } }
  return reasonOf(reason?.cause ?? "the export failed")
}
