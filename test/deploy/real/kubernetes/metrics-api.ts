/**
 * An API of the test's own that serves Spoor's figures to the autoscaler, as prometheus-adapter and metrics-server do in a
 * cluster: external.metrics.k8s.io from the text of /metrics, metrics.k8s.io from the processor time that is given. It
 * listens from `serveMetrics` until this process ends.
 */
import { readFileSync } from "node:fs"
import { createServer } from "node:https"
import { eventually } from "../../../support/eventually.ts"
import type { Api } from "./api.ts"
import { hostAddress } from "./place.ts"

/** What the autoscaler may ask for, and how the series of several processes become one value (the chart's queries). */
const metrics = {
  spoor_queue_waiting_lines: "sum",
  spoor_queue_oldest_waiting_age_seconds: "max",
  spoor_consumer_lag_records: "sum"
} as const

export interface Figures {
  /** Texts of /metrics, one of each process. */
  readonly texts: () => Promise<ReadonlyArray<string>> | ReadonlyArray<string>
  /** Thousandths of a core that all pods with these labels use together; undefined: no such metric. */
  readonly cpu?: (labels: Readonly<Record<string, string>>) => number | undefined
}

type Labels = Readonly<Record<string, string>>

const labelsOf = (selector: string | null): Labels =>
  Object.fromEntries((selector ?? "").split(",").flatMap((one) => (one === "" ? [] : [one.split("=")])))

/** The values of a series in a text of /metrics that has these labels. */
export const valuesIn = (text: string, series: string, labels: Labels): ReadonlyArray<number> =>
  text.split("\n").flatMap((line) => {
    const [, name, own = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line) ?? []
    if (name !== series) return []
    const isChosen = Object.entries(labels).every(([label, wanted]) => own.includes(`${label}="${wanted}"`))
    return isChosen ? [Number(value)] : []
  })

/** The value of a metric over all processes; undefined when no process has the series. */
export const total = (
  texts: ReadonlyArray<string>,
  metric: keyof typeof metrics,
  labels: Labels = {}
): number | undefined => {
  const values = texts.flatMap((text) => valuesIn(text, metric, labels))
  if (values.length === 0) return undefined
  return metrics[metric] === "max" ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0)
}

const externalValues = async (path: string, labels: Labels, { texts }: Figures): Promise<object> => {
  const name = path.split("/").at(-1) ?? ""
  const value = name in metrics ? total(await texts(), name as keyof typeof metrics, labels) : undefined
  const item = { metricName: name, metricLabels: labels, timestamp: new Date().toISOString() }
  return {
    kind: "ExternalMetricValueList",
    apiVersion: "external.metrics.k8s.io/v1beta1",
    metadata: {},
    items: value === undefined ? [] : [{ ...item, value: `${Math.ceil(value * 1_000)}m` }]
  }
}

interface Pod {
  readonly metadata: { readonly name: string; readonly labels: Labels }
  readonly spec: { readonly containers: ReadonlyArray<{ readonly name: string }> }
}

const podMetrics = async (
  api: Api,
  namespace: string,
  selector: string,
  { cpu }: Figures
): Promise<object> => {
  const pods = await api.list<Pod>(
    `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selector)}`
  )
  const all = cpu?.(labelsOf(selector))
  const used = all === undefined ? undefined : Math.ceil(all / Math.max(1, pods.length))
  const items = pods.map(({ metadata, spec }) => ({
    metadata: { name: metadata.name, namespace, labels: metadata.labels },
    timestamp: new Date().toISOString(),
    window: "10s",
    containers: spec.containers.map(({ name }) => ({ name, usage: { cpu: `${used}m`, memory: "64Mi" } }))
  }))
  return {
    kind: "PodMetricsList",
    apiVersion: "metrics.k8s.io/v1beta1",
    metadata: {},
    items: used === undefined ? [] : items
  }
}

const resources = (group: string): object => {
  const of = (name: string, kind: string) => ({
    name,
    singularName: "",
    namespaced: true,
    kind,
    verbs: ["get", "list"]
  })
  const served =
    group === "metrics.k8s.io"
      ? [of("pods", "PodMetrics")]
      : Object.keys(metrics).map((name) => of(name, "ExternalMetricValueList"))
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion: `${group}/v1beta1`, resources: served }
}

const answer = async (api: Api, url: URL, figures: Figures): Promise<object | undefined> => {
  const [, apis, group = "", version, , namespace = "", what] = url.pathname.split("/")
  if (apis !== "apis" || version !== "v1beta1") return undefined
  if (what === undefined) return resources(group)
  const selector = url.searchParams.get("labelSelector")
  return group === "metrics.k8s.io"
    ? podMetrics(api, namespace, selector ?? "", figures)
    : externalValues(url.pathname, labelsOf(selector), figures)
}

const registration = (group: string): object => ({
  apiVersion: "apiregistration.k8s.io/v1",
  kind: "APIService",
  metadata: { name: `v1beta1.${group}` },
  spec: {
    group,
    version: "v1beta1",
    groupPriorityMinimum: 100,
    versionPriority: 100,
    insecureSkipTLSVerify: true,
    service: { name: "figures", namespace: "kube-system", port: 443 }
  }
})

/** Serves both APIs and registers them; resolves when the API server answers for them. */
export const serveMetrics = async (
  api: Api,
  certificate: { readonly cert: string; readonly key: string },
  figures: Figures
): Promise<void> => {
  const files = { cert: readFileSync(certificate.cert), key: readFileSync(certificate.key) }
  const server = createServer(files, (request, response) => {
    answer(api, new URL(request.url ?? "/", "https://figures"), figures)
      .then((found) => {
        response.writeHead(found === undefined ? 404 : 200, { "content-type": "application/json" })
        response.end(JSON.stringify(found ?? {}))
      })
      .catch((cause: unknown) => response.writeHead(500).end(String(cause)))
  })
  await new Promise<void>((resolve) => server.listen(7443, hostAddress, resolve))
  server.unref()
  const metadata = { name: "figures", namespace: "kube-system" }
  const groups = ["external.metrics.k8s.io", "metrics.k8s.io"]
  await api.apply([
    { apiVersion: "v1", kind: "Service", metadata, spec: { ports: [{ port: 443, targetPort: 7443 }] } },
    {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { ...metadata, labels: { "kubernetes.io/service-name": "figures" } },
      addressType: "IPv4",
      endpoints: [{ addresses: [hostAddress], conditions: { ready: true } }],
      ports: [{ port: 7443, protocol: "TCP", name: "" }]
    },
    ...groups.map(registration)
  ])
  for (const group of groups)
    await eventually(
      `${group} answers`,
      async () => (await api.get<object>(`/apis/${group}/v1beta1`)) !== undefined,
      60_000,
      500
    )
}
