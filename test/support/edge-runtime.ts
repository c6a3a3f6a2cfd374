/**
 * The gateway on edge runtimes for tests: in workerd, and as `deno serve`. Each server has a port and a store of its own,
 * which it keeps when it is killed and started again.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync } from "node:fs"
import { createRequire } from "node:module"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { buildWorker } from "../../deploy/edge/build.ts"
import { denoProgram } from "./deno.ts"
import { diesWithUs } from "./dies-with-us.ts"
import { eventually } from "./eventually.ts"
import { freePort } from "./server.ts"

export interface EdgeServer {
  readonly port: number
  readonly url: string
  /** The log so far, over all starts. */
  readonly output: () => string
  /** Starts it, the first time or again; resolves when it answers. */
  readonly start: (settings: Settings) => Promise<void>
  /** Ends it; resolves when it is gone. */
  readonly kill: (signal?: NodeJS.Signals) => Promise<void>
}

type Settings = Readonly<Record<string, string>>

const root = join(import.meta.dirname, "../..")
const newFolder = (): string => mkdtempSync(join(tmpdir(), "spoor-edge-"))

let bundle: Promise<string> | undefined

/** The path of the Worker's bundle, built once. */
const builtWorker = (): Promise<string> => {
  bundle ??= buildWorker(newFolder()).then(({ path }) => path)
  return bundle
}

/** A server that the command of `prepare` starts. */
const edgeServer = async (
  prepare: (
    port: number,
    settings: Settings
  ) => Promise<{ readonly command: Array<string>; readonly env: Settings }>
): Promise<EdgeServer> => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let child: ChildProcess | undefined
  let output = ""
  return {
    port,
    url,
    output: () => output,
    start: async (settings) => {
      const { command, env } = await prepare(port, settings)
      const [program = "", ...args] = command
      const started = diesWithUs(
        spawn(program, args, {
          cwd: root,
          env: { ...process.env, ...env },
          stdio: ["ignore", "pipe", "pipe"]
        })
      )
      child = started
      const collect = (chunk: Buffer): void => {
        output += chunk.toString()
      }
      started.stdout.on("data", collect)
      started.stderr.on("data", collect)
      const answered = await eventually("the edge server answers", async () =>
        started.exitCode === null ? await fetch(`${url}/robots.txt`) : "exited"
      )
      if (answered === "exited") throw new Error(`The edge server has exited:\n${output}`)
    },
    kill: async (signal = "SIGKILL") => {
      const ending = child
      child = undefined
      if (ending === undefined || ending.exitCode !== null) return
      const ended = new Promise((resolve) => ending.once("exit", resolve))
      ending.kill(signal)
      await ended
    }
  }
}

/** The program of the package `workerd`. */
const workerdProgram = (): string =>
  (createRequire(import.meta.url)("workerd") as { readonly default: string }).default

/** The gateway's Worker in workerd, with the configuration of `deploy/edge`, not yet started. */
export const workerdServer = async (): Promise<EdgeServer> => {
  const objects = newFolder()
  const worker = await builtWorker()
  return edgeServer(async (port, settings) => ({
    command: [
      workerdProgram(),
      "serve",
      ...["--socket-addr", `http=127.0.0.1:${port}`, "--directory-path", `objects=${objects}`],
      join(dirname(worker), "workerd.capnp")
    ],
    env: settings
  }))
}

/** The gateway as `deno serve`, not yet started. */
export const denoServer = (): Promise<EdgeServer> => {
  const kv = join(newFolder(), "kv.db")
  return edgeServer(async (port, settings) => ({
    command: [
      denoProgram() ?? "deno",
      ...["serve", "-A", "--unstable-kv", "--host", "127.0.0.1", "--port", String(port)],
      "gateway/serve-edge.deno.ts"
    ],
    env: { EDGE_KV: kv, ...settings }
  }))
}
