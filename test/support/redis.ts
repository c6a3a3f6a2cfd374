/**
 * Redis for tests: one server that all suites share (`redisServer`), and servers of a test's own for what would
 * disturb the others: killing it, filling its memory, a cluster.
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

/** A server of one test's own; `stop` kills it without a word. */
export interface OwnRedis extends Running {
  readonly port: number
  readonly pid: number
  /** Freezes it (SIGSTOP): connections stay open, nothing answers. Returns when it is frozen. */
  readonly pause: () => void
  readonly resume: () => void
}

/**
 * Starts a server on `port` (default: a free one) with more arguments, such as `["--maxmemory", "3mb"]`.
 * Undefined where redis-server is not installed.
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
  if (pid === undefined) throw new Error("redis-server has no process.")
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

/** A node of a cluster speaks to the others on its port plus 10000: free too, and no port of outgoing connections. */
const clusterPort = async (): Promise<number> => {
  for (;;) {
    const port = await freePort()
    if (port <= 21_000 && (await isFree(port + 10_000))) return port
  }
}

/** A server of a test's own that keeps its port, and what it holds, when it is started again. */
export interface RedisServer {
  readonly url: string
  readonly port: number
  /** Starts it, or starts it again, with these or the former arguments; returns when it has loaded and serves. */
  readonly start: (args?: ReadonlyArray<string>) => Promise<void>
  /** Ends it at once (SIGKILL). */
  readonly kill: () => Promise<void>
  /** Freezes it (SIGSTOP): connections stay open, nothing answers. Returns when it is frozen. */
  readonly pause: () => void
  readonly resume: () => void
  /** Ends it and removes what it held. */
  readonly remove: () => Promise<void>
}

/**
 * A server of a test's own, not yet started, which keeps what it holds in a file. With `always` even killing it loses
 * nothing it has answered; with `everysec` it answers without writing while an fsync is under way.
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

/** Can tests have servers of their own? Missing is told in one line, and fails with CI=true. */
export const hasRedisProgram = (): boolean =>
  needsProgram("redis-server", "Install the package redis-server.")

/** A URL as the code wants it. */
export const secretUrl = (url: string): Redacted.Redacted<string> => Redacted.make(url)
