/** Where Kafka's brokers are and how to log in, as the settings name it. Loads no client library. */
import { Effect, Redacted } from "effect"
import { Failure } from "../../../contracts/failure.ts"
import type { TlsSource } from "../../tls-files.ts"

/** Where a broker listens. */
export interface BrokerAddress {
  readonly host: string
  readonly port: number
}

export interface KafkaAddress {
  /** `host:port` of each broker to begin with. */
  readonly brokers: ReadonlyArray<string>
  readonly tls: boolean
  /** Own authorities and client certificate; undefined: the authorities of the system. */
  readonly tlsFiles?: TlsSource | undefined
  readonly login:
    | {
        readonly mechanism: "plain" | "scram-sha-256" | "scram-sha-512"
        readonly username: string
        readonly password: Redacted.Redacted<string>
      }
    | undefined
}

export interface KafkaSettings {
  readonly brokers: string
  readonly tls: boolean
  readonly tlsFiles?: TlsSource | undefined
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
  const { tls, tlsFiles, mechanism, username, password } = settings
  if (tlsFiles !== undefined && !tls)
    return wrong("KAFKA_CA, KAFKA_CERT and KAFKA_KEY need TLS: set KAFKA_SSL=true, or remove them.")
  const reached = { brokers, tls, ...(tlsFiles === undefined ? {} : { tlsFiles }) }
  if (mechanism === undefined) {
    if (username !== undefined || password !== undefined) {
      return wrong("KAFKA_USERNAME and KAFKA_PASSWORD need KAFKA_SASL_MECHANISM to say how to log in.")
    }
    return Effect.succeed({ ...reached, login: undefined })
  }
  if (username === undefined || password === undefined || Redacted.value(password) === "") {
    return wrong(`KAFKA_SASL_MECHANISM=${mechanism} needs KAFKA_USERNAME and KAFKA_PASSWORD.`)
  }
  return Effect.succeed({ ...reached, login: { mechanism, username, password } })
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
