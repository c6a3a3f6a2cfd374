/**
 * The event log on Kafka. It connects when it is first needed and again whenever a connection has failed, so a broker
 * that is away keeps nothing from starting; whoever appends or reads meanwhile hears `unavailable` or waits.
 */
import { Effect, Redacted } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import { logTimeout } from "../../../contracts/requests.ts"
import { logWith, makeConnectionState } from "../../connection-state.ts"
import { EventLog } from "../service.ts"
import { makeAppend } from "./append.ts"
import { type Compression, type KafkaAddress, makeClients } from "./client.ts"
import { makeRead } from "./consume.ts"
import { connectionReason, isLoginRefused, unavailable } from "./errors.ts"
import { makeLink } from "./reconnecting.ts"
import { makeScan } from "./scan.ts"
import { makeUnpacking } from "./skipped-batches.ts"
import { makeRefusals } from "./topic-refusals.ts"
import { makeTopics } from "./topics.ts"
import { maxUnpacked } from "./wire/decompress.ts"

/** How long one request of a producer or admin may take, milliseconds; less than `logTimeout`. */
const requestTimeout = 3_500

/** How long `check` waits, milliseconds. */
const checkWithin = 1_900

export interface KafkaOptions {
  /** Are records given keys? Not unless said. */
  readonly hasKeys?: boolean
  /** The most that a batch that is read may be once it is unpacked, bytes. */
  readonly maxUnpacked?: number
}

/** The event log on these brokers; it closes its connections with the scope. */
export const makeKafka = Effect.fnUntraced(function* (
  address: KafkaAddress,
  compression: Compression,
  options: KafkaOptions = {}
) {
  const context = yield* Effect.context<never>()
  const log = logWith(Effect.runForkWith(context))
  const refusals = makeRefusals(context)
  const unpacking = makeUnpacking(context, options.maxUnpacked ?? maxUnpacked)
  const keys = { areGiven: options.hasKeys ?? false }
  const clients = makeClients(address, requestTimeout, (message) => log("debug", message))
  const tries = address.brokers.length
  const where = address.brokers.join(", ")
  const state = makeConnectionState(`Kafka at ${where}`, log)
  const producer = yield* makeLink(clients.cluster, tries, logTimeout, state)
  const admin = yield* makeLink(clients.admin, tries, logTimeout, state)
  const topics = makeTopics(admin, refusals)

  const check = admin
    .use((api) => api.describeCluster())
    .pipe(
      Effect.mapError((error) =>
        isLoginRefused(error)
          ? new Failure({ reason: "unavailable", message: `Kafka at ${where}: ${connectionReason(error)}` })
          : unavailable(`No Kafka broker answers at ${where}`, error)
      ),
      Effect.timeoutOrElse({
        duration: checkWithin,
        orElse: () =>
          Effect.fail(
            new Failure({ reason: "unavailable", message: `No Kafka broker answers at ${where} in time` })
          )
      }),
      Effect.asVoid
    )

  return EventLog.of({
    dependency: { kind: "kafka", embedded: false, address: where, check, refusals: refusals.list },
    ensureTopics: topics.ensure,
    append: makeAppend({ producer, topics, compression, refusals, keys }),
    read: makeRead(clients, admin, topics, unpacking),
    scan: makeScan(clients, unpacking)
  })
})

export interface KafkaSettings {
  readonly brokers: string
  readonly tls: boolean
  readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512" | undefined
  readonly username: string | undefined
  readonly password: Redacted.Redacted<string> | undefined
}

/** The brokers and the login that the settings name. Fails with `misconfigured` and a sentence when they never can work. */
export const readAddress = (settings: KafkaSettings): Effect.Effect<KafkaAddress, Failure> => {
  const wrong = (message: string) => Effect.fail(new Failure({ reason: "misconfigured", message }))
  const brokers = settings.brokers.split(",").map((one) => one.trim())
  for (const [place, broker] of brokers.entries()) {
    const fault = faultOf(broker)
    if (fault !== undefined)
      return wrong(
        `KAFKA_BROKERS must be host:port, several separated by commas; broker ${place + 1} of ${brokers.length} ${fault}.`
      )
  }
  const { mechanism, username, password } = settings
  if (mechanism === undefined) {
    if (username !== undefined || password !== undefined) {
      return wrong("KAFKA_USERNAME and KAFKA_PASSWORD need KAFKA_SASL_MECHANISM to say how to log in.")
    }
    return Effect.succeed({ brokers, tls: settings.tls, login: undefined })
  }
  if (username === undefined || password === undefined || Redacted.value(password) === "") {
    return wrong(`KAFKA_SASL_MECHANISM=${mechanism} needs KAFKA_USERNAME and KAFKA_PASSWORD.`)
  }
  return Effect.succeed({ brokers, tls: settings.tls, login: { mechanism, username, password } })
}

/** What is wrong with how a broker is written. Nothing is repeated that may hold a password. */
const faultOf = (text: string): string | undefined => {
  if (text === "") return "is empty"
  if (text.includes("@"))
    return "has a login: set KAFKA_SASL_MECHANISM, KAFKA_USERNAME and KAFKA_PASSWORD instead"
  const scheme = /^([a-z_+]+):\/\//i.exec(text)?.[1]
  if (scheme !== undefined) {
    const advice = /ssl|tls/i.test(scheme) ? " and set KAFKA_SSL=true" : ""
    return `begins with ${scheme}://: leave that away${advice}`
  }
  if (text.includes("?") || text.includes("/")) return `("${text}") has more than host and port`
  if (text.startsWith("[")) return `("${text}") is an IPv6 address: name a host that resolves to it`
  const port = Number(/^[A-Za-z0-9._-]+:(\d{1,5})$/.exec(text)?.[1])
  return port > 0 && port < 65_536 ? undefined : `("${text}") is not a host and a port`
}
