/**
 * Real servers for tests. Each kind is started at most once per run, when a test first needs it, and stopped after the last
 * test file (stop-servers.ts). The sources, in order: the URL in the environment, a container if a Docker engine responds,
 * a program on this machine. If none exists, one line says how to get the server, and its suites are skipped; with CI=true
 * that is an error.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { createServer } from "node:net"
import { diesWithUs } from "./dies-with-us.ts"
import { isMissing } from "./missing.ts"

/** A running server. */
export interface Running {
  readonly url: string
  readonly stop: () => Promise<void>
}

export interface ServerKind {
  readonly name: string
  /** The environment variable that names a server to use instead. */
  readonly variable: string
  /** Starts it in a container; called only when a Docker engine responds. */
  readonly container: () => Promise<Running>
  /** Starts it as a program on this machine; undefined when the program is missing. */
  readonly local: () => Promise<Running | undefined>
  /** How to get it, as one sentence. */
  readonly howToGet: string
}

const shared = globalThis as { spoorTestServers?: Map<string, Promise<Running | undefined>> }
shared.spoorTestServers ??= new Map()
const registry = shared.spoorTestServers

/** The URL of a running server of that kind; undefined if it is missing (with CI=true that is an error). */
export const serverUrl = async (kind: ServerKind): Promise<string | undefined> => {
  let running = registry.get(kind.name)
  if (running === undefined) {
    running = start(kind)
    registry.set(kind.name, running)
  }
  return (await running)?.url
}

/** Stops all servers that were started. */
export const stopServers = async (): Promise<void> => {
  const started = [...registry.values()]
  registry.clear()
  for (const one of started) await (await one.catch(() => undefined))?.stop()
}

const start = async (kind: ServerKind): Promise<Running | undefined> => {
  const named = process.env[kind.variable]
  if (named !== undefined && named !== "") return { url: named, stop: async () => {} }
  const running = dockerAnswers() ? await kind.container() : await kind.local()
  if (running !== undefined) return running
  return isMissing(`${kind.name} is missing, so its suites cannot run. ${kind.howToGet}`)
}

let docker: boolean | undefined
const dockerAnswers = (): boolean => {
  docker ??= succeeds("docker", ["info"])
  return docker
}

const succeeds = (command: string, args: ReadonlyArray<string>): boolean => {
  try {
    execFileSync(command, args, { stdio: "ignore", timeout: 10_000 })
    return true
  } catch {
    return false
  }
}

/** Whether the program is on this machine. */
export const hasProgram = (command: string, args: ReadonlyArray<string> = ["--version"]): boolean =>
  succeeds(command, args)

/**
 * Whether a program that a suite starts itself is on this machine. If it is missing, one line is printed; with CI=true
 * that is an error.
 */
export const needsProgram = (command: string, howToGet: string, args?: ReadonlyArray<string>): boolean => {
  if (hasProgram(command, args)) return true
  isMissing(`${command} is missing, so its suites cannot run. ${howToGet}`)
  return false
}

/** Below the ports of outgoing connections, so that no such connection takes a port before its server does. */
const [lowest, highest] = [12_000, 32_000]

/** A TCP port without a listener at this moment. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest))
    if (await isFree(port)) return port
  }
}

/** Whether no process listens on that port at this moment. */
export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })

/** Starts a program and waits until its output matches `ready`; rejects with the output when it exits before. */
export const startProgram = (
  command: string,
  args: ReadonlyArray<string>,
  options: {
    readonly ready: RegExp
    readonly cwd?: string
    readonly env?: Record<string, string | undefined>
  }
): Promise<ChildProcess> =>
  new Promise((resolve, reject) => {
    const child = diesWithUs(
      spawn(command, [...args], {
        cwd: options.cwd,
        env: { ...process.env, ...options.env },
        stdio: ["ignore", "pipe", "pipe"]
      })
    )
    let output = ""
    const read = (chunk: Buffer): void => {
      if (output === "ready") return
      output += chunk.toString()
      if (!options.ready.test(output)) return
      output = "ready"
      resolve(child)
    }
    child.stdout.on("data", read)
    child.stderr.on("data", read)
    child.once("error", reject)
    child.once("exit", (code) => {
      if (output !== "ready")
        reject(new Error(`${command} exited with ${code} before it was ready:\n…${output.slice(-3_000)}`))
    })
  })

/** Sends a signal to a program and waits until it has exited. */
export const endProgram = (child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once("exit", () => resolve())
    child.kill(signal)
  })
