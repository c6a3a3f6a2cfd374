/**
 * The chart on a real API server with fake nodes: every file of test/deploy/values is validated by the server, installed,
 * and removed; a release is upgraded, rolled back, and its nodes are drained; and what people without Helm apply.
 */
import { readdirSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { render } from "../../../../deploy/kubernetes/helm.ts"
import { eventually } from "../../../support/eventually.ts"
import { root } from "../docker.ts"
import type { Check } from "../results.ts"
import { type Api, output } from "./api.ts"
import { cache } from "./place.ts"
import { type Release, releaseIn } from "./release.ts"
import { deploymentsOf, fewest, watch } from "./watch.ts"

const folder = join(root, "test", "deploy", "values")
const files = readdirSync(folder).toSorted()
const seconds = (since: number): string => `${((performance.now() - since) / 1_000).toFixed(0)} s`

/** The definitions of the foreign kinds that the chart and its examples use. */
const foreign = [
  "keda/keda.sh_scaledobjects.yaml",
  "gateway-api/gateway.networking.k8s.io_gateways.yaml",
  "gateway-api/gateway.networking.k8s.io_httproutes.yaml",
  "prometheus-operator/monitoring.coreos.com_servicemonitors.yaml",
  "prometheus-operator/monitoring.coreos.com_prometheusrules.yaml",
  "external-secrets/external-secrets.io_externalsecrets.yaml"
]

/** Teaches the API server the foreign kinds; resolves when it knows them. */
export const applyDefinitions = async (api: Api): Promise<void> => {
  const files = foreign.flatMap((file) => ["-f", join(cache, "definitions", file)])
  await api.kubectl(["apply", "--server-side", ...files], "", 180)
  await eventually(
    "the API server knows the foreign kinds",
    async () => {
      const all = await api.list<Definition>("/apis/apiextensions.k8s.io/v1/customresourcedefinitions")
      return (
        all.length === foreign.length &&
        all.every(({ status }) =>
          status?.conditions?.some((one) => one.type === "Established" && one.status === "True")
        )
      )
    },
    120_000,
    500
  )
}

interface Definition {
  readonly status?: {
    readonly conditions?: ReadonlyArray<{ readonly type: string; readonly status: string }>
  }
}

const dryRun = (api: Api, objects: string): Promise<string> =>
  api.kubectl(
    ["apply", "--dry-run=server", "--validate=strict", "--namespace=default", "-o", "name", "-f", "-"],
    objects,
    180
  )

/** What the server itself says to every rendering, and that it refuses one with a misspelt field. */
export const validates = async (api: Api, python: string): Promise<ReadonlyArray<Check>> => {
  const renderings = await render(
    python,
    files.map((name) => ({ file: join(folder, name) }))
  )
  const refused: Array<string> = []
  let objects = 0
  const kinds = new Set<string>()
  for (const [i, rendering] of renderings.entries()) {
    objects += rendering.objects.length
    for (const { kind } of rendering.objects) kinds.add(kind)
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: rendering.objects })
    await dryRun(api, list).catch((cause: unknown) => refused.push(`${files[i]}: ${String(cause)}`))
  }
  for (const file of ["spoor.yaml", "topics.yaml", "examples/external-secret.yaml"])
    await dryRun(api, readFileSync(join(root, "deploy", "kubernetes", file), "utf8")).catch(
      (cause: unknown) => refused.push(`${file}: ${String(cause)}`)
    )
  const wrong = JSON.stringify(renderings[0]?.objects.find(({ kind }) => kind === "Deployment")).replace(
    '"maxSurge"',
    '"maxSurgge"'
  )
  const answer = await dryRun(api, wrong).catch(String)
  return [
    {
      name: "the API server accepts every rendering, strictly, and those of KEDA, Gateway API and Prometheus operator too",
      passed: refused.length === 0 && kinds.has("ScaledObject") && kinds.has("HTTPRoute"),
      proof:
        refused.join("; ") || `${files.length} files of values, ${objects} objects of ${kinds.size} kinds`
    },
    {
      name: "the API server refuses a misspelt field",
      passed: answer.includes("maxSurgge"),
      proof: /unknown field "[^"]+"/.exec(answer)?.[0] ?? answer.slice(0, 200)
    }
  ]
}

/** What some files of values take for granted. */
const surroundings = (namespace: string): ReadonlyArray<object> => [
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "locked-down", namespace } },
  {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "geoip", namespace },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } }
  },
  {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    metadata: { name: "high" },
    value: 1000
  }
]

export const makeNamespace = async (api: Api, name: string): Promise<void> => {
  await api.apply([{ apiVersion: "v1", kind: "Namespace", metadata: { name } }])
}

const removeNamespace = async (api: Api, name: string): Promise<void> => {
  await api.kubectl(["delete", "namespace", name, "--timeout=120s"], "", 130)
}

/** Every file of values as a release in a namespace of its own, ready, and removed again. */
export const installs = async (api: Api, python: string): Promise<ReadonlyArray<Check>> => {
  const checks: Array<Check> = []
  for (const name of files) {
    const namespace = `of-${basename(name, ".yaml")}`
    const from = performance.now()
    await makeNamespace(api, namespace)
    await api.apply(surroundings(namespace))
    const release = releaseIn(api, python, namespace)
    let proof = ""
    const passed = await release.install({ file: join(folder, name) }).then(
      async () => {
        const pods = await api.list(`/api/v1/namespaces/${namespace}/pods`)
        proof = `ready after ${seconds(from)}, ${pods.length} pods`
        await release.uninstall()
        return true
      },
      (cause: unknown) => {
        proof = String(cause).slice(0, 300)
        return false
      }
    )
    await removeNamespace(api, namespace)
    checks.push({ name: `helm install with ${name}, and uninstall`, passed, proof })
  }
  return checks
}

/** The steps of the chart's README for people without Helm, literally. */
export const withoutHelm = async (api: Api): Promise<Check> => {
  const manifests = join(root, "deploy", "kubernetes")
  const inNamespace = (...args: ReadonlyArray<string>) => api.kubectl(["-n", "spoor", ...args], "", 130)
  await api.kubectl(["create", "namespace", "spoor"])
  const secret = await output("sh", [join(manifests, "make-secret.sh")])
  await api.kubectl(["-n", "spoor", "create", "-f", "-"], secret)
  await inNamespace("apply", "-f", join(manifests, "topics.yaml"))
  await inNamespace("wait", "job/spoor-topics", "--for=condition=Complete", "--timeout=2m")
  await inNamespace("apply", "-f", join(manifests, "spoor.yaml"))
  const status = await inNamespace("rollout", "status", "deployment", "--timeout=2m")
  const count = status.split("\n").filter((line) => line.includes("successfully rolled out")).length
  await removeNamespace(api, "spoor")
  return {
    name: "kubectl apply of topics.yaml and spoor.yaml, by the steps of the README",
    passed: count === 9,
    proof: `${count} Deployments rolled out`
  }
}

const secretOf = async (api: Api, namespace: string): Promise<string> => {
  const { data } = await api.get<{ readonly data: object }>(
    `/api/v1/namespaces/${namespace}/secrets/spoor-secrets`
  )
  return JSON.stringify(data)
}

/** Upgrade and rollback of the default release, watched: no actor ever has fewer pods available than are wanted. */
export const upgrades = async (api: Api, release: Release): Promise<Check> => {
  const { namespace } = release
  const before = await secretOf(api, namespace)
  await eventually("two gateways are available, as their autoscaler wants", async () => {
    const all = await deploymentsOf(api, namespace)
    return all.find(({ metadata }) => metadata.name === "spoor-gateway")?.status.availableReplicas === 2
  })
  const watched = watch(api, namespace)
  await release.upgrade({ values: { image: { tag: "next" } } })
  const image = await api.kubectl([
    ...["-n", namespace, "get", "deployment", "spoor-gateway"],
    ...["-o", "jsonpath={.spec.template.spec.containers[0].image}"]
  ])
  const history = await release.rollback()
  await watched.stop()
  const least = ["gateway", "drainer", "enricher", "bridge"].map((name) =>
    fewest(watched.seen, `spoor-${name}`)
  )
  const isKept = (await secretOf(api, namespace)) === before
  return {
    name: "helm upgrade and rollback: never fewer pods than wanted, passwords kept",
    passed: image === "spoor:next" && history.length === 3 && isKept && least.every((count) => count === 2),
    proof: `${image}, then revision ${history.length}; at least ${Math.min(...least)} of 2 pods of each actor available; passwords ${isKept ? "kept" : "lost"}`
  }
}

/** Every node drained in turn: the budgets hold back evictions, and the drain still ends. */
export const drains = async (api: Api, namespace: string, nodes: number): Promise<Check> => {
  const watched = watch(api, namespace)
  const from = performance.now()
  for (let node = 0; node < nodes; node++) {
    const flags = ["--ignore-daemonsets", "--delete-emptydir-data", "--timeout=120s"]
    await api.kubectl(["drain", `fake-${node}`, ...flags], "", 130)
    await api.kubectl(["uncordon", `fake-${node}`])
    await api.kubectl(["-n", namespace, "rollout", "status", "deployment", "--timeout=60s"])
  }
  await watched.stop()
  const least = ["gateway", "drainer", "enricher", "bridge"].map((name) =>
    fewest(watched.seen, `spoor-${name}`)
  )
  return {
    name: "kubectl drain of every node in turn: the budgets keep one of two pods of each actor",
    passed: least.every((count) => count >= 1),
    proof: `${nodes} nodes in ${seconds(from)}; at least ${Math.min(...least)} of 2 available`
  }
}

/** A second eviction of the same actor is refused while the first one's replacement is not there. */
export const budgets = async (api: Api, namespace: string): Promise<Check> => {
  await api.kubectl(["cordon", "-l", "kubernetes.io/os=linux"])
  const pods = await api.list(
    `/api/v1/namespaces/${namespace}/pods?labelSelector=app.kubernetes.io%2Fcomponent%3Dgateway`
  )
  const evict = (name: string): Promise<string> =>
    api.kubectl(
      ["create", "--raw", `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, "-f", "-"],
      JSON.stringify({ apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } })
    )
  const [first = "", second = ""] = pods.map(({ metadata }) => metadata.name)
  const isFirst = (await evict(first)).includes("Success")
  const answer = await evict(second).catch(String)
  await api.kubectl(["uncordon", "-l", "kubernetes.io/os=linux"])
  await api.kubectl(["-n", namespace, "rollout", "status", "deployment/spoor-gateway", "--timeout=60s"])
  return {
    name: "a budget refuses the eviction of the last gateway",
    passed: isFirst && answer.includes("disruption budget"),
    proof: answer.replaceAll(/\s+/g, " ").slice(-160)
  }
}
