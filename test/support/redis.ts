/**
 * Redis for tests: one server that all suites share (`redisServer`), and servers of a test's own for tests that would
 * disturb others: they kill the server, fill its memory or need a cluster.
 */
import type { ChildProcess } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Redacted } from "effect"
import { freeze, unfreeze } from "./freeze.ts"
import {
  endProgram,
  freePort,
  hasProgram,
  isFree,
  needsProgram,
  type Running,
  type ServerKind,
  startProgram
} from "./server.ts"

export const redisServer: ServerKind = {
  name: "Redis",
  variable: "REDIS_URL",
  container: async () => {
    const { GenericContainer } = await import("testcontainers")
    const started = await new GenericContainer("redis:7-alpine")
      .withCommand(["redis-server", "--save", "", "--appendonly", "no"])
      .withExposedPorts(6379)
      .start()
    return {
      url: `redis://${started.getHost()}:${started.getMappedPort(6379)}`,
      stop: async () => {
        await started.stop()
      }
    }
  },
  local: () => startRedis(),
  howToGet: "Install redis-server, start Docker, or set REDIS_URL."
}

/** A server of a test's own, without persistence; `stop` kills it (SIGKILL). */
export interface OwnRedis extends Running {
  readonly port: number
  readonly pid: number
  /** Freezes it (SIGSTOP): connections stay open, but it does not respond. Returns when it is frozen. */
  readonly pause: () => void
  readonly resume: () => void
}

/**
 * Starts a server on `port` (default: a free port) with additional arguments, such as `["--maxmemory", "3mb"]`. Undefined
 * if redis-server is not installed.
 */
export const startRedis = async (
  args: ReadonlyArray<string> = [],
  port?: number
): Promise<OwnRedis | undefined> => {
  if (!hasProgram("redis-server")) return undefined
  const at = port ?? (await (args.includes("--cluster-enabled") ? clusterPort() : freePort()))
  const directory = await mkdtemp(join(tmpdir(), "spoor-redis-"))
  const child = await startProgram(
    "redis-server",
    ["--port", `${at}`, "--save", "", "--appendonly", "no", "--dir", directory, ...args],
    { ready: /Ready to accept connections/ }
  )
  const pid = child.pid
  if (pid === undefined) throw new Error("redis-server has no process id.")
  return {
    url: `redis://127.0.0.1:${at}`,
    port: at,
    pid,
    pause: () => freeze(pid),
    resume: () => unfreeze(pid),
    stop: async () => {
      await endProgram(child, "SIGKILL")
      await rm(directory, { recursive: true, force: true })
    }
  }
}

/** A free port whose port + 10,000, which the cluster bus uses, is free too and not in the range of outgoing connections. */
const clusterPort = async (): Promise<number> => {
  for (;;) {
    const port = await freePort()
    if (port <= 21_000 && (await isFree(port + 10_000))) return port
  }
}

/** A server of a test's own that keeps its port and its data over restarts. */
export interface RedisServer {
  readonly url: string
  readonly port: number
  /** Starts it, the first time or again, with new or the previous arguments; resolves when its data is loaded and it accepts connections. */
  readonly start: (args?: ReadonlyArray<string>) => Promise<void>
  /** Kills it (SIGKILL). */
  readonly kill: () => Promise<void>
  /** Freezes it (SIGSTOP): connections stay open, but it does not respond. Returns when it is frozen. */
  readonly pause: () => void
  readonly resume: () => void
  /** Kills it and removes its data. */
  readonly remove: () => Promise<void>
}

/**
 * A server of a test's own, not yet started, with an append-only file. With `always`, a kill loses no acknowledged write;
 * with `everysec`, it acknowledges writes before they are on disk while an fsync is in flight.
 */
export const privateRedis = async (
  args: ReadonlyArray<string> = [],
  fsync: "everysec" | "always" = "everysec"
): Promise<RedisServer> => {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), "spoor-redis-"))
  const always = ["--port", `${port}`, "--save", "", "--dir", folder]
  const durable = ["--appendonly", "yes", "--appendfsync", fsync]
  let current = args
  let child: ChildProcess | undefined
  const kill = async (): Promise<void> => {
    if (child !== undefined) await endProgram(child, "SIGKILL")
    child = undefined
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    start: async (changed) => {
      current = changed ?? current
      child = await startProgram("redis-server", [...always, ...durable, ...current], {
        ready: /Ready to accept connections/
      })
    },
    kill,
    pause: () => {
      if (child?.pid !== undefined) freeze(child.pid)
    },
    resume: () => {
      if (child?.pid !== undefined) unfreeze(child.pid)
    },
    remove: async () => {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

/** Whether tests can start servers of their own. If redis-server is missing, one line is printed; with CI=true that is an error. */
export const hasRedisProgram = (): boolean =>
  needsProgram("redis-server", "Install the package redis-server.")

/** A URL as the settings provide it: redacted. */
export const secretUrl = (url: string): Redacted.Redacted<string> => Redacted.make(url)
