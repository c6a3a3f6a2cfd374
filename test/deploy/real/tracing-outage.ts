/** The part of `bun run deploy-test tracing` in which the collector is down: nothing is slowed, nothing piles up. */
import { randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import { eventually } from "../../support/eventually.ts"
import type { Spoor } from "../../support/spoor.ts"
import type { Check } from "./results.ts"
import type { Pipeline } from "./tracing.ts"

const events = 4_000
const connections = 16

let refused = 0

/** Sends the events, each with a trace context, until all are accepted; returns the time that takes, milliseconds. */
const load = async ({ send }: Pipeline): Promise<number> => {
  const begun = performance.now()
  let left = events
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const context = `00-${randomBytes(16).toString("hex")}-${"c".repeat(16)}-01`
      // A gateway on a busy machine answers 503 while its queue is slow; a client sends the event again.
      while ((await send("load", context)) !== 200) refused += 1
    }
  }
  await Promise.all(Array.from({ length: connections }, worker))
  return performance.now() - begun
}

const memoryOf = ({ process }: Spoor): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${process.pid}/status`, "utf8"))?.[1] ?? 0) / 1024

const linesAbout = (spoor: Spoor): ReadonlyArray<string> =>
  spoor
    .output()
    .split("\n")
    .filter((line) => line.includes("OpenTelemetry collector") && !line.includes('"level":"DEBUG"'))

export const collectorDown = async (pipeline: Pipeline): Promise<ReadonlyArray<Check>> => {
  const { collector, processes } = pipeline
  const all = [...processes]
  await load(pipeline)
  const up = [await load(pipeline), await load(pipeline)]
  const before = new Map(all.map(([name, spoor]) => [name, memoryOf(spoor)]))
  await collector.stop()
  const down = [await load(pipeline), await load(pipeline)]
  const grown = all.map(([name, spoor]) => [name, memoryOf(spoor) - (before.get(name) ?? 0)] as const)
  await eventually(
    "every process has noticed",
    () => all.every(([, spoor]) => linesAbout(spoor).length > 0),
    90_000
  )
  const lines = all.map(([, spoor]) => linesAbout(spoor).length)
  const example = JSON.parse(linesAbout(all[0]?.[1] as Spoor)[0] ?? "{}") as { readonly message?: string }
  await collector.start()
  await eventually(
    "every process exports again",
    () => all.every(([, spoor]) => linesAbout(spoor).some((line) => line.includes("again after"))),
    120_000,
    250
  )
  const [fastUp, fastDown] = [Math.min(...up), Math.min(...down)]
  const rate = (milliseconds: number): string => `${Math.round((events / milliseconds) * 1000)} events/s`
  return [
    {
      name: "with the collector down events are accepted as fast, and memory does not grow by what is not exported",
      passed: fastDown < fastUp * 1.3 && grown.every(([, megabytes]) => megabytes < 64),
      proof: `${rate(fastUp)} with it, ${rate(fastDown)} without, ${refused} sent again; ${grown
        .map(([name, megabytes]) => `${name} ${megabytes < 0 ? "" : "+"}${Math.round(megabytes)} MiB`)
        .join(", ")}`
    },
    {
      name: "an outage of the collector is one log line of each process, and one when it ends",
      passed: lines.every((count) => count === 1),
      proof: `${lines.join(", ")} lines; "${example.message}"`
    }
  ]
}
