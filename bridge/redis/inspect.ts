/**
 * Inspects a Redis server for people who check a configuration: reachable, version, clock, memory, durability, permissions.
 * It opens a connection of its own for the inspection, and changes nothing on the server.
 */
import { Clock, Effect, type Redacted } from "effect"
import { type Finding, fault, ok, warning } from "../finding.ts"
import { type Command, type ConnectOptions, connect, type RedisConnection, type Reply } from "./connection.ts"
import { permissionsFor } from "./permissions.ts"

/** The commands, with their keys, of the actors that use the server. */
export interface RedisUse {
  readonly needs: ReadonlyArray<Command>
  /** Without them Spoor works, but knows less. */
  readonly wishes: ReadonlyArray<Command>
  /** As for `connect`. */
  readonly tls?: ConnectOptions["tls"]
}

export interface RedisInspection {
  readonly isReachable: boolean
  readonly findings: ReadonlyArray<Finding>
}

/** The oldest supported version. */
const [oldestMajor, oldestMinor] = [6, 2]

/** Clocks that differ by more than this are reported, milliseconds: ages and expiries are then wrong by as much. */
const maxSkewMs = 2_000

const timeouts = { commandTimeout: 3_000, startTimeout: 4_000, quiet: true }

/** `more` inspects what only the caller knows of, on the same connection. Fails with `misconfigured` for an invalid URL. */
export const inspectRedis = Effect.fnUntraced(function* (
  url: Redacted.Redacted<string>,
  { needs, wishes, tls }: RedisUse,
  more: (connection: RedisConnection) => Effect.Effect<ReadonlyArray<Finding>>
) {
  const connection = yield* connect(url, { ...timeouts, tls })
  const where = `Redis at ${connection.address}`
  const reached = yield* Effect.result(connection.check)
  if (reached._tag === "Failure") {
    return { isReachable: false, findings: [fault(`${reached.failure.message}.`)] } satisfies RedisInspection
  }
  const findings = [
    ...(yield* serverFindings(connection, where)),
    ...(yield* permissionFindings(connection, where, needs, wishes)),
    ...(yield* more(connection))
  ]
  return { isReachable: true, findings } satisfies RedisInspection
}, Effect.scoped)

const serverFindings = Effect.fnUntraced(function* (connection: RedisConnection, where: string) {
  const info = yield* Effect.map(
    Effect.orElseSucceed(connection.command("INFO"), (): Reply => null),
    (reply) => (reply === null ? undefined : String(reply))
  )
  if (info === undefined) {
    return [
      warning(`${where} answers, but does not tell its version and state: allow INFO (+info) for its user.`),
      ...(yield* clockFindings(connection, where))
    ]
  }
  const field = (name: string): string => new RegExp(`^${name}:(.*?)\r?$`, "m").exec(info)?.[1] ?? ""
  const version = field("redis_version")
  const product = field("valkey_version") === "" ? `Redis ${version}` : `Valkey ${field("valkey_version")}`
  const [major = 0, minor = 0] = version.split(".").map(Number)
  const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor)
  return [
    isOld
      ? fault(`${where} is ${product}: Spoor needs ${oldestMajor}.${oldestMinor} or later.`)
      : ok(`${where} answers: ${product}.`),
    ...(field("role") === "slave"
      ? [fault(`${where} is a replica: set the address of the primary, or promote this one.`)]
      : []),
    ...(yield* clockFindings(connection, where))
  ]
})

const clockFindings = Effect.fnUntraced(function* (connection: RedisConnection, where: string) {
  const before = yield* Clock.currentTimeMillis
  const reply = yield* Effect.orElseSucceed(connection.command("TIME"), (): Reply => null)
  const after = yield* Clock.currentTimeMillis
  if (!Array.isArray(reply)) return []
  const time = Number(reply[0]) * 1000 + Number(reply[1]) / 1000
  const skewMs = Math.round(Math.abs(time - (before + after) / 2))
  if (skewMs < maxSkewMs) return []
  return [
    warning(`The clocks of this machine and of ${where} differ by ${skewMs} ms: synchronise both by NTP.`)
  ]
})

const permissionFindings = Effect.fnUntraced(function* (
  connection: RedisConnection,
  where: string,
  needs: ReadonlyArray<Command>,
  wishes: ReadonlyArray<Command>
) {
  const needed = yield* permissionsFor(connection, needs)
  const wished = yield* permissionsFor(connection, wishes)
  const findings: Array<Finding> = []
  if (needed.denied.length > 0) {
    findings.push(
      fault(
        `${where} denies to our user ${listed(needed.denied)}: allow these commands on these keys, as in deploy/redis/users.acl.`
      )
    )
  } else if (needed.isIncomplete) {
    findings.push(
      warning(
        `${where} cannot be asked what our user may do: it needs EVAL on Redis 7.0 or later, or MULTI on an older one.`
      )
    )
  } else if (needs.length > 0) findings.push(ok(`${where} allows all commands that these actors use.`))
  if (wished.denied.length > 0) {
    findings.push(
      warning(
        `${where} denies to our user ${listed(wished.denied)}: without them its durability and memory are not known. Allow them.`
      )
    )
  }
  return findings
})

/** `RPUSH click_queue, CONFIG GET`: each command with its key. */
const listed = (commands: ReadonlyArray<Command>): string =>
  [...new Set(commands.map(([name, first]) => `${name} ${first ?? ""}`.trim()))].join(", ")
