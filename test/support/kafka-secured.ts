/**
 * One Kafka broker with TLS, logins and an authorizer, shared by all suites: SCRAM and PLAIN on one listener, client
 * certificates on another. Who is in no rule may do nothing; `admin` may do everything.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { type Authority, makeAuthority } from "./certificates.ts"
import { howToGetKafka, type Node, startBrokers } from "./kafka-broker.ts"
import { freePort, type Running, type ServerKind, serverUrl } from "./server.ts"

export interface SecuredKafka {
  /** `host:port` of a listener without TLS and login, whose clients may do everything. */
  readonly open: string
  /** `host:port` of the listener with TLS and logins. */
  readonly sasl: string
  /** `host:port` of the listener with TLS that asks for a client certificate; its common name is the user. */
  readonly mutual: string
  readonly authority: Authority
}

/** The users of SCRAM and PLAIN; the password of `admin` is `of-admin`. */
export const saslUsers = ["admin", "bridge", "consumer", "viewer", "operator", "stranger"] as const
const passwordOf = (user: string): string => `of-${user}`

/** The settings by which an actor logs in as that user. */
export const loginAs = (
  kafka: SecuredKafka,
  user: string,
  mechanism = "scram-sha-512"
): Record<string, string> => ({
  KAFKA_BROKERS: kafka.sasl,
  KAFKA_SSL: "true",
  KAFKA_CA: kafka.authority.ca,
  KAFKA_SASL_MECHANISM: mechanism,
  KAFKA_USERNAME: user,
  KAFKA_PASSWORD: passwordOf(user)
})

const shared = globalThis as { spoorSecuredKafka?: SecuredKafka }

const start = async (): Promise<Running | undefined> => {
  const authority = makeAuthority()
  const { cert, key } = authority.sign("broker")
  const store = `${cert}.store`
  writeFileSync(store, readFileSync(key, "utf8") + readFileSync(cert, "utf8"))
  const ports = { sasl: await freePort(), mutual: await freePort() }
  const scram = ["SCRAM-SHA-512", "SCRAM-SHA-256"].flatMap((mechanism) =>
    saslUsers.flatMap((user) => ["--add-scram", `${mechanism}=[name=${user},password=${passwordOf(user)}]`])
  )
  const brokers = await startBrokers(1, (node) => properties(node, ports, store, authority.ca), scram)
  const [broker] = brokers ?? []
  if (broker === undefined) return undefined
  shared.spoorSecuredKafka = {
    open: broker.url,
    sasl: `127.0.0.1:${ports.sasl}`,
    mutual: `127.0.0.1:${ports.mutual}`,
    authority
  }
  return { url: broker.url, stop: broker.remove }
}

const properties = (
  node: Node,
  { sasl, mutual }: { readonly sasl: number; readonly mutual: number },
  store: string,
  ca: string
): Record<string, string> => {
  const secured = `SASL_SSL://127.0.0.1:${sasl},MUTUAL://127.0.0.1:${mutual}`
  const modules = "org.apache.kafka.common.security"
  const plainUsers = saslUsers.map((user) => `user_${user}="${passwordOf(user)}"`).join(" ")
  return {
    listeners: `${node.listeners},${secured},CONTROLLER://${node.controller}`,
    "advertised.listeners": `${node.advertised},${secured}`,
    "listener.security.protocol.map":
      "PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,MUTUAL:SSL",
    "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
    "listener.name.sasl_ssl.plain.sasl.jaas.config": `${modules}.plain.PlainLoginModule required ${plainUsers};`,
    "listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config": `${modules}.scram.ScramLoginModule required;`,
    "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": `${modules}.scram.ScramLoginModule required;`,
    "ssl.keystore.type": "PEM",
    "ssl.keystore.location": store,
    "ssl.truststore.type": "PEM",
    "ssl.truststore.location": ca,
    "listener.name.mutual.ssl.client.auth": "required",
    "listener.name.mutual.ssl.principal.mapping.rules": "RULE:^CN=(.*)$/$1/",
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS;User:admin"
  }
}

const kind: ServerKind = {
  name: "Apache Kafka with logins",
  variable: "SPOOR_TEST_SECURED_KAFKA",
  container: async () => {
    const running = await start()
    if (running === undefined) throw new Error(howToGetKafka)
    return running
  },
  local: start,
  howToGet: "Install Java 17 and Maven, which fetches Kafka once."
}

/** The running broker; undefined if Java or Maven is missing (with CI=true that is an error). */
export const securedKafka = async (): Promise<SecuredKafka | undefined> =>
  (await serverUrl(kind)) === undefined ? undefined : shared.spoorSecuredKafka
