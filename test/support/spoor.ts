/** Spoor as processes, as a user runs it: started with settings, observed by its output, stopped by signals. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { bannerText } from "../../actors/runtime/banner.ts"
import { denoProgram } from "./deno.ts"
import { diesWithUs } from "./dies-with-us.ts"

const root = join(import.meta.dirname, "..", "..")

/** The commands that run a file on each runtime. */
export const runtimes = {
  bun: [process.execPath],
  deno: [denoProgram() ?? "deno", "run", "-A"]
} as const

export interface Spoor {
  readonly process: ChildProcess
  /** The output so far, of both streams; a banner in the JSON log format is converted to text. */
  readonly output: () => string
  /** An address of the banner: "send events", "watch them", "health". */
  readonly address: (what: string) => URL
  /** Sends the signal and returns the exit code. */
  readonly end: (signal?: NodeJS.Signals) => Promise<number | null>
}

export type Environment = Readonly<Record<string, string>>

/** Settings that share nothing with another test: free ports, a folder of its own, no servers except those in `more`. */
export const ownSettings = (more: Environment = {}): Record<string, string> => ({
  GATEWAY_PORT: "0",
  GATEWAY_HOST: "127.0.0.1",
  VIEWER_PORT: "0",
  NOTIFIER_PORT: "0",
  OPS_PORT: "0",
  OPS_HOST: "127.0.0.1",
  DATA_DIR: mkdtempSync(join(tmpdir(), "spoor-data-")),
  REDIS_URL: "",
  NATS_URL: "",
  KAFKA_BROKERS: "",
  PROJECTIONS_URL: "",
  LOG_FORMAT: "json",
  DRAIN_DELAY: "50 millis",
  ...more
})

/** A banner in the JSON log format as its text on a terminal; any other line unchanged. */
const bannerAsText = (line: string): string => {
  if (!line.startsWith("{") || !line.includes('"message":"Spoor is running')) return line
  const { timestamp: _, level: __, message, actor: ___, worker: ____, ...places } = JSON.parse(line)
  return bannerText(message, Object.entries<string>(places))
}

/** Starts the command (or another file, relative to the root) and returns at once; `ended` resolves with the exit code. */
export const launch = (
  args: ReadonlyArray<string>,
  settings: Environment,
  runtime: keyof typeof runtimes = "bun",
  file = "actors/commands/actor.ts"
) => launchCommand([...runtimes[runtime], file, ...args], settings)

/** Like `launch`, for any program that runs actors: the command's words, run in the project's root. */
export const launchCommand = ([program = "", ...words]: ReadonlyArray<string>, settings: Environment) => {
  const child = diesWithUs(
    spawn(program, words, {
      cwd: root,
      env: { ...process.env, ...settings },
      stdio: ["ignore", "pipe", "pipe"]
    })
  )
  let output = ""
  let unfinished = ""
  const onChunk = (chunk: Buffer): void => {
    const lines = (unfinished + chunk.toString()).split("\n")
    unfinished = lines.pop() ?? ""
    for (const line of lines) output += `${bannerAsText(line)}\n`
  }
  child.stdout.on("data", onChunk)
  child.stderr.on("data", onChunk)
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve))
  return { child, output: () => output + unfinished, ended }
}

/** Starts actors and resolves when they print their banner; rejects with their output when they exit before. */
export const startSpoor = async (
  args: ReadonlyArray<string>,
  settings: Environment,
  runtime: keyof typeof runtimes = "bun",
  file?: string
): Promise<Spoor> => {
  const { child, output, ended } = launch(args, settings, runtime, file)
  await new Promise<void>((resolve, reject) => {
    const checkBanner = (): void => {
      if (/^Spoor is running[\s\S]*^ {2}health .*\n/m.test(output())) resolve()
    }
    child.stdout?.on("data", checkBanner)
    void ended.then((code) => reject(new Error(`Spoor exited with ${code} before its banner:\n${output()}`)))
  })
  return {
    process: child,
    output,
    address: (what) => {
      const found = new RegExp(`^  ${what}\\s+(\\S+)`, "m").exec(output())?.[1]
      if (found === undefined) throw new Error(`The banner has no address "${what}":\n${output()}`)
      return new URL(found)
    },
    end: (signal = "SIGTERM") => {
      child.kill(signal)
      return ended
    }
  }
}
