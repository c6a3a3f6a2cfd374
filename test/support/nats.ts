/**
 * NATS for tests: a server shared by all suites, and servers of a test's own that can be killed and started again on the
 * same port. Starting one takes less than a second.
 */
import type { ChildProcess } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { eventually } from "./eventually.ts"
import { freeze, unfreeze } from "./freeze.ts"
import { endProgram, freePort, hasProgram, needsProgram, type ServerKind, startProgram } from "./server.ts"

const start = (port: number, options: ReadonlyArray<string> = []): Promise<ChildProcess> =>
  startProgram("nats-server", ["-a", "127.0.0.1", "-p", String(port), ...options], {
    ready: /Server is ready/
  })

/** The server that all tests share: each test must use subjects of its own. */
export const nats: ServerKind = {
  name: "NATS",
  variable: "NATS_URL",
  container: async () => {
    const { GenericContainer, Wait } = await import("testcontainers")
    const container = await new GenericContainer("nats:2")
      .withExposedPorts(4222)
      .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
      .start()
    return {
      url: `nats://${container.getHost()}:${container.getMappedPort(4222)}`,
      stop: async () => {
        await container.stop()
      }
    }
  },
  local: async () => {
    if (!hasProgram("nats-server")) return undefined
    const port = await freePort()
    const child = await start(port)
    return { url: `nats://127.0.0.1:${port}`, stop: () => endProgram(child) }
  },
  howToGet: "Set NATS_URL, or start Docker, or put nats-server 2.9 or later in the PATH."
}

/** A server of a test's own. It keeps its port over restarts. */
export interface NatsServer {
  readonly url: string
  readonly port: number
  /** The URL of its monitoring endpoints: `/varz`, `/connz`. */
  readonly monitor: string
  /** Starts it, the first time or again, with the previous or a new configuration; resolves when it accepts connections. */
  readonly start: (configuration?: string) => Promise<void>
  /** Reloads the running server with a new configuration (SIGHUP); resolves when it is in use. */
  readonly reload: (configuration: string) => Promise<void>
  /** Kills it (SIGKILL). */
  readonly kill: () => Promise<void>
  /** Freezes it (SIGSTOP): connections stay open, but it does not respond. Returns when it is frozen. */
  readonly pause: () => void
  readonly resume: () => void
  /** Kills it and removes its configuration. */
  readonly remove: () => Promise<void>
}

/** Whether this machine can run servers of a test's own: a test that kills a server needs the program, not a container. */
export const canStartNats = needsProgram("nats-server", "Install the package nats-server.")

/** How clients reach a server: over TCP, or over WebSocket. */
export type NatsTransport = "tcp" | "websocket"
export const natsTransports: ReadonlyArray<NatsTransport> = ["tcp", "websocket"]

/**
 * A server of a test's own, not yet started. `configuration` is in NATS's configuration language, e.g. `max_payload: 64KB`.
 * Its `url` and `port` are those of the transport, and so is `tls`, a block of its configuration.
 */
export const privateNats = async (
  configuration = "",
  transport: NatsTransport = "tcp",
  tls = ""
): Promise<NatsServer> => {
  const port = await freePort()
  const webPort = transport === "tcp" ? undefined : await freePort()
  const listening =
    webPort === undefined ? tls : `websocket { listen: "127.0.0.1:${webPort}", ${tls || "no_tls: true"} }`
  const monitorPort = await freePort()
  const monitor = `http://127.0.0.1:${monitorPort}`
  const folder = mkdtempSync(join(tmpdir(), "spoor-nats-"))
  const file = join(folder, "nats.conf")
  let current = configuration
  let child: ChildProcess | undefined
  const kill = async (): Promise<void> => {
    if (child !== undefined) await endProgram(child, "SIGKILL")
    child = undefined
  }
  const configure = (changed?: string): void => {
    current = changed ?? current
    writeFileSync(file, `${listening}\n${current}\n`)
  }
  const loaded = async (): Promise<string> => {
    const varz = (await (await fetch(`${monitor}/varz`)).json()) as { readonly config_load_time: string }
    return varz.config_load_time
  }
  return {
    url: webPort === undefined ? `nats://127.0.0.1:${port}` : `ws://127.0.0.1:${webPort}`,
    port: webPort ?? port,
    monitor,
    start: async (changed) => {
      configure(changed)
      child = await start(port, ["-c", file, "-m", String(monitorPort)])
    },
    reload: async (changed) => {
      const before = await loaded()
      configure(changed)
      child?.kill("SIGHUP")
      await eventually("the configuration has been reloaded", async () => (await loaded()) !== before)
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
