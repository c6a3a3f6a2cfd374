/**
 * Real servers for tests. Each kind is started at most once per run, when a test first asks, and stopped after the
 * last test file (stop-servers.ts). Where one comes from: the URL in the environment, else a container where a
 * Docker engine answers, else a program on this machine. Where there is none, a person is told in one line how to
 * get it and the suites that need it are left out; with CI=true that fails the run.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { createServer } from "node:net"
import { diesWithUs } from "./dies-with-us.ts"
import { isMissing } from "./missing.ts"

/** A server that runs: where it is, and how it ends. */
export interface Running {
  readonly url: string
  readonly stop: () => Promise<void>
}

export interface ServerKind {
  readonly name: string
  /** The environment variable that names a server to use instead. */
  readonly variable: string
  /** Starts it in a container; called only when a Docker engine answers. */
  readonly container: () => Promise<Running>
  /** Starts it as a program of this machine; undefined when the program is not there. */
  readonly local: () => Promise<Running | undefined>
  /** One sentence: how to get it. */
  readonly howToGet: string
}

const shared = globalThis as { spoorTestServers?: Map<string, Promise<Running | undefined>> }
shared.spoorTestServers ??= new Map()
const registry = shared.spoorTestServers

/** The URL of a running server of that kind, or undefined where there is none (never with CI=true). */
export const serverUrl = async (kind: ServerKind): Promise<string | undefined> => {
  let running = registry.get(kind.name)
  if (running === undefined) {
    running = start(kind)
    registry.set(kind.name, running)
  }
  return (await running)?.url
}

/** Stops whatever was started. */
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

/** Is that program on this machine? */
export const hasProgram = (command: string, args: ReadonlyArray<string> = ["--version"]): boolean =>
  succeeds(command, args)

/**
 * Is the program there that a suite starts on its own? Where it is not, a person is told in one line; with CI=true
 * that fails the run.
 */
export const needsProgram = (command: string, howToGet: string, args?: ReadonlyArray<string>): boolean => {
  if (hasProgram(command, args)) return true
  isMissing(`${command} is missing, so its suites cannot run. ${howToGet}`)
  return false
}

/** Below the ports that systems give to outgoing connections, so that none of those takes it before its server does. */
const [lowest, highest] = [12_000, 32_000]

/** A TCP port that nobody listens on at this moment. */
export const freePort = async (): Promise<number> => {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest))
    if (await isFree(port)) return port
  }
}

/** Does nobody listen on that port at this moment? */
export const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })

/** Starts a program and waits until what it prints matches `ready`; fails with its output when it ends before. */
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
        reject(new Error(`${command} ended with ${code} before it was ready:\n…${output.slice(-3_000)}`))
    })
  })

/** Ends a program and waits until it is gone. */
export const endProgram = (child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once("exit", () => resolve())
    child.kill(signal)
  })
