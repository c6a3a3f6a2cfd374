/**
 * A real OpenTelemetry collector for tests: built once from its Go modules (otel-collector/) into the user's cache folder,
 * about 3 minutes of processor time. It receives OTLP over HTTP and writes what arrives into a file; it lives until `stop`.
 */
import { spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs"
import { homedir, tmpdir } from "node:os"
import { join } from "node:path"
import { isMissing } from "./missing.ts"
import { type SeenTelemetry, seenIn } from "./otlp.ts"
import { endProgram, freePort, hasProgram, startProgram } from "./server.ts"

const sources = join(import.meta.dirname, "otel-collector")
const files = ["main.go", "go.mod", "go.sum"] as const

/** The program's path, by the content of its sources. */
const programPath = (): string => {
  const content = createHash("sha256")
  for (const file of files) content.update(readFileSync(join(sources, file)))
  const folder = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache")
  return join(folder, "spoor", `otel-collector-${content.digest("hex").slice(0, 12)}`, "otel-collector")
}

/** The program, built if it is not in the cache; undefined where Go is missing. Says what it does and how long it takes. */
const collectorProgram = async (): Promise<string | undefined> => {
  const program = programPath()
  if (existsSync(program)) return program
  if (!hasProgram("go", ["version"]))
    return isMissing(
      "Go is missing, so the OpenTelemetry collector cannot be built. Install Go 1.26 or later."
    )
  const begun = performance.now()
  const seconds = (): string => `${Math.round((performance.now() - begun) / 1000)} s`
  const say = (text: string): void => void process.stderr.write(`OpenTelemetry collector: ${text}\n`)
  say("building it from its Go modules, once; this takes some minutes")
  const folder = join(program, "..")
  mkdirSync(folder, { recursive: true })
  for (const file of files) cpSync(join(sources, file), join(folder, file))
  let packages = 0
  let output = ""
  const build = spawn(
    "nice",
    ["-n", "15", "go", "build", "-v", "-trimpath", "-ldflags=-s -w", "-o", `${program}.new`, "."],
    { cwd: folder, stdio: ["ignore", "ignore", "pipe"] }
  )
  build.stderr.on("data", (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-4_000)
    packages += chunk.toString().split("\n").length - 1
  })
  const progress = setInterval(() => say(`${packages} packages after ${seconds()}`), 15_000)
  const code = await new Promise<number | null>((resolve) => build.once("close", resolve))
  clearInterval(progress)
  if (code !== 0) throw new Error(`The OpenTelemetry collector was not built:\n${output}`)
  renameSync(`${program}.new`, program)
  say(`built in ${seconds()}`)
  return program
}

export interface Collector {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string
  /** Everything that it has written so far. */
  readonly seen: () => SeenTelemetry
  /** Ends it; `start` starts it again on the same port and file. */
  readonly stop: () => Promise<void>
  readonly start: () => Promise<void>
  readonly remove: () => Promise<void>
}

/** Starts a collector on a free port of this machine; undefined where it cannot be built. */
export const startCollector = async (): Promise<Collector | undefined> => {
  const program = await collectorProgram()
  if (program === undefined) return undefined
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), "spoor-collector-"))
  const file = join(folder, "telemetry.jsonl")
  const pipeline = { receivers: ["otlp"], exporters: ["file"] }
  const config = {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    exporters: { file: { path: file, append: true, flush_interval: "100ms" } },
    service: {
      telemetry: { metrics: { level: "none" } },
      pipelines: { traces: pipeline, metrics: pipeline, logs: pipeline }
    }
  }
  const begin = () =>
    startProgram(program, ["--config", `yaml:${JSON.stringify(config)}`], { ready: /Everything is ready/ })
  let child = await begin()
  const stop = () => endProgram(child)
  return {
    url: `http://127.0.0.1:${port}`,
    seen: () => {
      const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : []
      // The last line may not be written completely.
      return seenIn(lines.slice(0, -1).map((line) => JSON.parse(line)))
    },
    stop,
    start: async () => {
      child = await begin()
    },
    remove: async () => {
      await stop()
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
