/**
 * The figures of the process itself, with the names that Prometheus' own client libraries use, and what is running:
 * version and runtime. Read when metrics are read; nothing runs in between.
 */
import { readdirSync, readFileSync } from "node:fs"
import { Effect, Metric } from "effect"
import packageJson from "../../package.json" with { type: "json" }
import type { Health } from "./health.ts"

const build = Metric.gauge("spoor_build_info", {
  description: "1, with the version of Spoor, the runtime (bun, deno or node) and its version."
})
const processor = Metric.counter("process_cpu_seconds_total", {
  description: "User and system time of the process, seconds.",
  incremental: true
})
const memory = Metric.gauge("process_resident_memory_bytes", {
  description: "Resident memory of the process, bytes."
})
const started = Metric.gauge("process_start_time_seconds", {
  description: "When the process started, seconds since 1970."
})
const openFiles = Metric.gauge("process_open_fds", {
  description: "Open file descriptors of the process. Only on systems with /proc."
})
const maxFiles = Metric.gauge("process_max_fds", {
  description: "Maximum of open file descriptors. Only on systems with /proc."
})

/** The name and version of the runtime. On Bun and Deno `versions.node` is the version that they are compatible with. */
const runtime = (): Readonly<Record<"runtime" | "runtime_version", string>> => {
  const { bun, deno, node } = process.versions
  if (bun !== undefined) return { runtime: "bun", runtime_version: bun }
  return deno === undefined
    ? { runtime: "node", runtime_version: node }
    : { runtime: "deno", runtime_version: deno }
}

/** The limit in `/proc/self/limits`; undefined without one. */
const maxOpenFiles = (): number | undefined => {
  try {
    const found = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1]
    return found === undefined ? undefined : Number(found)
  } catch {
    return undefined
  }
}

/** Listing the folder opens it, which is not counted. */
const countOpenFiles = (): number | undefined => {
  try {
    return readdirSync("/proc/self/fd").length - 1
  } catch {
    return undefined
  }
}

/** Exports the figures of this process, from now until it ends. */
export const exportProcessFigures = Effect.fnUntraced(function* (health: Health) {
  const registry = yield* Effect.context<never>()
  let counted = 0
  const refresh = Effect.sync(() => {
    const { user, system } = process.cpuUsage()
    processor.updateUnsafe(Math.max(0, user + system - counted) / 1e6, registry)
    counted = user + system
    memory.updateUnsafe(process.memoryUsage.rss(), registry)
    const files = countOpenFiles()
    if (files !== undefined) openFiles.updateUnsafe(files, registry)
  })
  Metric.withAttributes(build, { version: packageJson.version, ...runtime() }).updateUnsafe(1, registry)
  started.updateUnsafe(Math.round(performance.timeOrigin) / 1000, registry)
  const limit = maxOpenFiles()
  if (limit !== undefined) maxFiles.updateUnsafe(limit, registry)
  health.addFigures(refresh)
  yield* refresh
})
