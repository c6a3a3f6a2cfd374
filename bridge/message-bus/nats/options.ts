/** The options of a connection to NATS: the settings, checked once before the first attempt. */
import { readFileSync } from "node:fs"
import { Effect, Redacted } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import { isSubject } from "../subject.ts"
import type { NatsOptions } from "./connection-types.ts"
import { parseNatsUrl } from "./url.ts"

export interface DialOptions {
  /** `host:port`, without secrets. */
  readonly servers: Array<string>
  readonly name: string
  readonly inboxPrefix: string
  readonly tls?: object
  readonly user?: string
  readonly pass?: string
  readonly token?: string
  /** Path of a credentials file; read at each attempt. */
  readonly creds?: string
}

/** Fails with `misconfigured` when the options cannot work. */
export const readDialOptions = Effect.fnUntraced(function* (
  options: NatsOptions
): Effect.fn.Return<DialOptions, Failure> {
  const address = yield* parseNatsUrl(Redacted.value(options.url))
  const { creds, inboxPrefix } = options
  if (!isSubject(inboxPrefix)) {
    return yield* new Failure({
      reason: "misconfigured",
      message: `NATS_INBOX_PREFIX "${inboxPrefix}" is not a valid subject: write names separated by dots, without spaces, * and >.`
    })
  }
  if (creds !== undefined) {
    yield* Effect.try({
      try: () => readFileSync(creds),
      catch: (cause) =>
        new Failure({ reason: "misconfigured", message: `NATS_CREDS cannot be read: ${String(cause)}.` })
    })
  }
  return {
    servers: [...address.servers],
    name: inboxPrefix,
    inboxPrefix,
    ...(address.tls ? { tls: {} } : {}),
    ...address.login,
    ...(creds === undefined ? {} : { creds })
  }
})
