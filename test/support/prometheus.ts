/**
 * A real Prometheus for tests, from Debian's package (test/support/promtool.ts unpacks it): reads figures every two
 * seconds and evaluates rules every second. Lives from `startPrometheus` until `stop`, at most as long as this process.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { eventually } from "./eventually.ts"
import { promtool } from "./promtool.ts"
import { endProgram, freePort, startProgram } from "./server.ts"

/** A process that is read: its name, which becomes the label `instance`, and its port on this machine. */
export interface Target {
  readonly name: string
  readonly port: number
}

export interface Alert {
  readonly name: string
  readonly state: "pending" | "firing"
  readonly labels: Readonly<Record<string, string>>
  readonly summary: string
}

/** The last value of a series, with its labels; or its values over time, in seconds. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>
  readonly values: ReadonlyArray<readonly [at: number, value: number]>
}

export interface Prometheus {
  readonly url: string
  /** Reads these processes from now on, and no others. */
  readonly setTargets: (targets: ReadonlyArray<Target>) => void
  /** Pending and firing alerts. */
  readonly alerts: () => Promise<ReadonlyArray<Alert>>
  /** The result of a query now. Throws for an invalid query. */
  readonly query: (expression: string) => Promise<ReadonlyArray<Sample>>
  /** The results of a query over the last `seconds`, every `step` seconds. */
  readonly range: (expression: string, seconds: number, step: number) => Promise<ReadonlyArray<Sample>>
  readonly stop: () => Promise<void>
}

/** The program beside promtool. */
const program = (): string => {
  const path = promtool()
  if (path === undefined) throw new Error("Prometheus is missing: install it, or let apt-get download it.")
  return join(dirname(path), "prometheus")
}

interface Answer<A> {
  readonly status: string
  readonly error?: string
  readonly data: A
}

type Series = {
  readonly metric: Readonly<Record<string, string>>
  readonly value?: readonly [number, string]
  readonly values?: ReadonlyArray<readonly [number, string]>
}

/** Starts it with these rules (the text of a rule file); resolves when it answers. */
export const startPrometheus = async (rules: string): Promise<Prometheus> => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-prometheus-"))
  const file = (name: string): string => join(folder, name)
  const setTargets: Prometheus["setTargets"] = (targets) =>
    writeFileSync(
      file("targets.json"),
      JSON.stringify(
        targets.map(({ name, port }) => ({ targets: [`127.0.0.1:${port}`], labels: { instance: name } }))
      )
    )
  setTargets([])
  writeFileSync(file("rules.yaml"), rules)
  writeFileSync(
    file("prometheus.yaml"),
    JSON.stringify({
      global: { scrape_interval: "2s", scrape_timeout: "2s", evaluation_interval: "1s" },
      rule_files: [file("rules.yaml")],
      scrape_configs: [
        { job_name: "spoor", file_sd_configs: [{ files: [file("targets.json")], refresh_interval: "1s" }] }
      ]
    })
  )
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const child = await startProgram(
    program(),
    [
      `--config.file=${file("prometheus.yaml")}`,
      `--storage.tsdb.path=${file("data")}`,
      `--web.listen-address=127.0.0.1:${port}`
    ],
    { ready: /Server is ready to receive web requests/ }
  )
  const get = async <A>(path: string): Promise<A> => {
    const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(10_000) })
    const { status, error, data } = (await response.json()) as Answer<A>
    if (status !== "success") throw new Error(`${path}: ${error}`)
    return data
  }
  await eventually("Prometheus answers", () => get("/api/v1/alerts"))
  const samples = async (path: string): Promise<ReadonlyArray<Sample>> => {
    const { result } = await get<{ readonly result: ReadonlyArray<Series> }>(path)
    return result.map(({ metric, value, values = value === undefined ? [] : [value] }) => ({
      labels: metric,
      values: values.map(([at, text]) => [at, Number(text)] as const)
    }))
  }
  return {
    url,
    setTargets,
    alerts: async () => {
      const { alerts } = await get<{
        readonly alerts: ReadonlyArray<{
          readonly state: Alert["state"]
          readonly labels: Readonly<Record<string, string>>
          readonly annotations: Readonly<Record<string, string>>
        }>
      }>("/api/v1/alerts")
      return alerts.map(({ state, labels, annotations }) => ({
        name: labels.alertname ?? "",
        state,
        labels,
        summary: annotations.summary ?? ""
      }))
    },
    query: (expression) => samples(`/api/v1/query?query=${encodeURIComponent(expression)}`),
    range: (expression, seconds, step) => {
      // Multiples of the step, so that the times of several queries are the same.
      const end = Math.floor(Date.now() / 1000 / step) * step
      const query = encodeURIComponent(expression)
      return samples(`/api/v1/query_range?query=${query}&start=${end - seconds}&end=${end}&step=${step}`)
    },
    stop: async () => {
      await endProgram(child)
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
