/**
 * Redis, NATS and Kafka for the pods of the test, reachable at `hostAddress`: Redis and NATS with the users and permissions of
 * deploy/redis and deploy/nats, Kafka with a topic of six partitions. They live until this process ends.
 */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startBroker } from "../../../support/kafka.ts"
import { startRedis } from "../../../support/redis.ts"
import { startProgram } from "../../../support/server.ts"
import { root } from "../docker.ts"
import { output } from "./api.ts"
import { hostAddress } from "./place.ts"

export interface Servers {
  /** `host:port` of Kafka. */
  readonly brokers: string
  /** PROJECTIONS_URL of a person who looks at what was counted. */
  readonly projections: string
  /** The Secret of make-secret.sh with the addresses of these servers, as YAML. */
  readonly secret: string
}

const [redisPort, natsPort] = [6379, 4222]

/** `${NAME}` or `$NAME` in a configuration, replaced by the passwords of the Secret. */
const passwordsIn = (secret: string): ReadonlyMap<string, string> =>
  new Map(
    Array.from(
      secret.matchAll(/^ {2}(redis|nats)-password-(\w+): "(\w+)"$/gm),
      ([, server = "", user = "", password = ""]) => [`${server}_PASSWORD_${user}`.toUpperCase(), password]
    )
  )

export const startServers = async (): Promise<Servers> => {
  const made = await output("sh", [join(root, "deploy", "kubernetes", "make-secret.sh")])
  const passwords = passwordsIn(made)
  const folder = mkdtempSync(join(tmpdir(), "spoor-servers-"))
  const users = join(folder, "users.acl")
  const acl = readFileSync(join(root, "deploy", "redis", "users.acl"), "utf8").trim()
  writeFileSync(
    users,
    `${acl.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => passwords.get(name) ?? "unset")}\n`
  )
  const durable = ["--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"]
  const redis = await startRedis(["--protected-mode", "no", "--aclfile", users, ...durable], redisPort)
  await startProgram(
    "nats-server",
    ["-c", join(root, "deploy", "nats", "spoor.conf"), "-a", "0.0.0.0", "-p", String(natsPort)],
    { ready: /Server is ready/, env: Object.fromEntries(passwords) }
  )
  const broker = await startBroker(
    // A busy machine may keep the broker from its controller for longer than the tests' usual 3 s.
    { "num.partitions": "6", "broker.session.timeout.ms": "60000" },
    hostAddress
  )
  if (redis === undefined || broker === undefined)
    throw new Error("Install redis-server, nats-server, Java and Maven.")
  return {
    brokers: broker.url,
    projections: `redis://viewer:${passwords.get("REDIS_PASSWORD_VIEWER")}@127.0.0.1:${redisPort}`,
    secret: made
      .replaceAll("spoor-redis:6379", `${hostAddress}:${redisPort}`)
      .replaceAll("spoor-nats:4222", `${hostAddress}:${natsPort}`)
  }
}
