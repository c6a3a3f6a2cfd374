/**
 * The gateway's certificate: read at the start, checked for renewal every ten seconds and at SIGHUP. Open connections keep
 * the certificate they began with. Lives as long as the gateway.
 */
import { Effect, type Scope } from "effect"
import { countReload, reloadable } from "../../bridge/reload.ts"
import { Failure } from "../../contracts/failure.ts"
import { readAll } from "../../contracts/setting.ts"
import type { ServeOptions } from "../../gateway/http/server-types.ts"
import { type Renewals, readTls, tlsRenewals } from "../../gateway/http/tls.ts"
import { tlsCert, tlsKey } from "../../gateway/settings.ts"
import type { StartFailure } from "../runtime/actor.ts"
import { showExpiry } from "./metrics.ts"

/** The pair that the settings name; undefined without TLS. Fails with one sentence for files that cannot be used. */
export const readCertificate = Effect.gen(function* () {
  const { cert, key } = yield* readAll({ cert: tlsCert, key: tlsKey })
  const tls = yield* Effect.try({ try: () => readTls(cert, key), catch: asFailure })
  return tls === undefined || cert === undefined || key === undefined ? undefined : { tls, cert, key }
})

/** The certificate with its renewals, which are logged; undefined without TLS. */
export const certificate: Effect.Effect<ServeOptions["tls"], StartFailure, Scope.Scope> = Effect.gen(
  function* () {
    const read = yield* readCertificate
    if (read === undefined) return undefined
    const { tls, cert, key } = read
    const run = Effect.runForkWith(yield* Effect.context<never>())
    const report = (problem: string | undefined): void =>
      void run(
        problem === undefined
          ? Effect.andThen(
              countReload(tlsCert.name, "loaded"),
              Effect.logInfo("The certificate was renewed; new connections use it.")
            )
          : Effect.andThen(
              countReload(tlsCert.name, "refused"),
              Effect.logWarning(`The certificate was not renewed; the previous one stays in use: ${problem}`)
            )
      )
    yield* showExpiry(tls.cert)
    const { renewals, renewNow } = tlsRenewals(cert, key, tls, report)
    yield* reloadable({
      setting: tlsCert.name,
      reads: [],
      reload: Effect.tryPromise({ try: renewNow, catch: asFailure })
    })
    const shownRenewals: Renewals = (renew) =>
      renewals(async (renewed) => {
        await renew(renewed)
        run(showExpiry(renewed.cert))
      })
    return { ...tls, renewals: shownRenewals }
  }
)

const asFailure = (cause: unknown): Failure =>
  cause instanceof Failure ? cause : new Failure({ reason: "misconfigured", message: String(cause) })
