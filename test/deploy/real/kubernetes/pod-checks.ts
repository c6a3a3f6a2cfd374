/**
 * Spoor as pods of the chart on two real nodes: an event goes through; then, under load, an upgrade, a drained node, more and
 * fewer pods, a kill for too much memory and a hang; after each, every acknowledged event is stored and counted once.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { eventually } from "../../../support/eventually.ts"
import type { Check } from "../results.ts"
import { accountOf, underLoad } from "./accounts.ts"
import type { Api } from "./api.ts"
import type { KeptLogs } from "./kept-logs.ts"
import type { Load } from "./load.ts"
import type { Node } from "./node.ts"
import type { Release } from "./release.ts"
import type { Servers } from "./servers.ts"

const perSecond = 20

/** The chart's defaults but for what this machine lacks: images and disks of Redis and NATS, and cores. */
export const podValues = (servers: Servers, tag: string): object => {
  // The nodes do not count disks (localStorageCapacityIsolation), so nothing may ask for a part of one.
  const small = {
    requests: { cpu: "10m", memory: "64Mi", "ephemeral-storage": null },
    limits: { "ephemeral-storage": null }
  }
  const pair = { replicas: 2, resources: small, autoscaling: { enabled: false } }
  return {
    image: { tag },
    redis: { bundled: false },
    nats: { bundled: false },
    secrets: { existingSecret: "spoor-secrets" },
    kafka: { brokers: servers.brokers, topicsJob: { enabled: false } },
    actors: {
      ...{ gateway: pair, drainer: pair, enricher: pair, bridge: pair },
      "event-counter": { ...pair, replicas: 1 },
      "metadata-counter": { enabled: false },
      "search-counter": { enabled: false },
      "timing-stats": { enabled: false },
      viewer: { enabled: false }
    }
  }
}

interface Pod {
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string }
  readonly spec: { readonly nodeName?: string }
  readonly status: {
    readonly containerStatuses?: ReadonlyArray<{
      readonly containerID: string
      readonly ready: boolean
      readonly restartCount: number
      readonly lastState: { readonly terminated?: { readonly reason: string; readonly exitCode: number } }
    }>
  }
}

export interface Cluster {
  readonly api: Api
  readonly release: Release
  readonly nodes: ReadonlyArray<Node>
  readonly servers: Servers
  readonly load: Load
  readonly logs: KeptLogs
}

/** Where the release is. */
export const namespace = "spoor"

const podsOf = (api: Api, component = ""): Promise<ReadonlyArray<Pod>> =>
  api.list<Pod>(
    `/api/v1/namespaces/${namespace}/pods${component && `?labelSelector=app.kubernetes.io%2Fcomponent%3D${component}`}`
  )

const podNamed = async (api: Api, name: string): Promise<Pod> =>
  api.get<Pod>(`/api/v1/namespaces/${namespace}/pods/${name}`)

const rolledOut = (api: Api): Promise<string> =>
  api.kubectl(["-n", namespace, "rollout", "status", "deployment", "--timeout=180s"], "", 200)

/** A running pod of an actor, and the process of its container. */
const processOf = async ({ api, nodes }: Cluster, component: string): Promise<readonly [string, number]> => {
  const pod = (await podsOf(api, component)).find(({ status }) => status.containerStatuses?.[0]?.ready)
  const id = pod?.status.containerStatuses?.[0]?.containerID.replace("containerd://", "") ?? ""
  const node = nodes.find(({ name }) => name === pod?.spec.nodeName)
  return [pod?.metadata.name ?? "", (await node?.processOf(id)) ?? 0]
}

/** Waits until the pod's container was started again and is ready; says why it ended. */
const restarted = async ({ api }: Cluster, name: string, seconds: number): Promise<string> =>
  eventually(
    `${name} is restarted`,
    async () => {
      const status = (await podNamed(api, name)).status.containerStatuses?.[0]
      const ended = status?.lastState.terminated
      return status?.ready && status.restartCount > 0 && ended !== undefined
        ? `${ended.reason} (${ended.exitCode})`
        : undefined
    },
    seconds * 1_000,
    500
  )

/** Sets the limit of a running container to what it uses, as if it had been set too low, until the kernel kills its actor. */
const exhaust = async (cluster: Cluster): Promise<string> => {
  const [name, pid] = await processOf(cluster, "enricher")
  const limit = memoryOf(pid)
  const from = performance.now()
  const restart = restarted(cluster, name, 180)
  let isOver = false
  void restart.catch(() => {}).then(() => (isOver = true))
  while (!isOver && existsSync(limit.file)) {
    try {
      writeFileSync(limit.file, String(limit.used()))
    } catch {
      // It uses more by now; or the container has ended.
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const reason = await restart
  if (!reason.startsWith("OOMKilled")) throw new Error(`The enricher ended with ${reason}.`)
  return `${reason}, ready again ${((performance.now() - from) / 1_000).toFixed(0)} s after its memory was taken`
}

/** The file with the limit of a container's memory, and what it uses, bytes. */
const memoryOf = (pid: number): { readonly file: string; readonly used: () => number } => {
  const groups = readFileSync(`/proc/${pid}/cgroup`, "utf8")
  const [, own = ""] = /^\d+:memory:(.+)$/m.exec(groups) ?? []
  const folder =
    own === "" ? `/sys/fs/cgroup${/^0::(.+)$/m.exec(groups)?.[1]}` : `/sys/fs/cgroup/memory${own}`
  const [limit, usage] =
    own === "" ? ["memory.max", "memory.current"] : ["memory.limit_in_bytes", "memory.usage_in_bytes"]
  return { file: join(folder, limit), used: () => Number(readFileSync(join(folder, usage), "utf8")) }
}

/** Stops a process where it is (SIGSTOP), as a hang: its connections stay open, and only the liveness probe notices. */
const hang = async (cluster: Cluster): Promise<string> => {
  const [name, pid] = await processOf(cluster, "enricher")
  const before = (await podNamed(cluster.api, name)).status.containerStatuses?.[0]?.restartCount ?? 0
  process.kill(pid, "SIGSTOP")
  const from = performance.now()
  await eventually(
    `${name} is restarted`,
    async () => {
      const status = (await podNamed(cluster.api, name)).status.containerStatuses?.[0]
      return status?.ready && status.restartCount > before
    },
    240_000,
    500
  )
  return `ready again ${((performance.now() - from) / 1_000).toFixed(0)} s after it hung`
}

const drain = async ({ api, nodes }: Cluster): Promise<string> => {
  const from = performance.now()
  const seconds = (): string => `${((performance.now() - from) / 1_000).toFixed(0)} s`
  const node = nodes[0]?.name ?? ""
  const before = (await podsOf(api)).filter(({ spec }) => spec.nodeName === node).length
  await api.kubectl(
    ["drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=240s"],
    "",
    250
  )
  const took = seconds()
  await rolledOut(api)
  await api.kubectl(["uncordon", node])
  const left = (await podsOf(api)).filter(({ spec }) => spec.nodeName === node).length
  if (before === 0 || left > 0) throw new Error(`${before} pods were on ${node}, ${left} are left.`)
  return `${before} pods evicted in ${took}`
}

const scale = async ({ api }: Cluster): Promise<string> => {
  const names = ["gateway", "drainer", "enricher", "bridge"].map((name) => `deployment/spoor-${name}`)
  for (const count of [3, 1, 2]) {
    await api.kubectl(["-n", namespace, "scale", `--replicas=${count}`, ...names])
    await rolledOut(api)
  }
  await eventually(
    "no pod ends any more",
    async () => (await podsOf(api)).every(({ metadata }) => metadata.deletionTimestamp === undefined),
    120_000,
    500
  )
  return "2, 3, 1, 2 pods of each actor"
}

/** Installs the chart on the nodes and sends the first event. */
export const goesThrough = async (cluster: Cluster): Promise<Check> => {
  const { api, release, servers, load } = cluster
  const from = performance.now()
  await api.apply([{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }])
  await api.kubectl(["-n", namespace, "create", "-f", "-"], servers.secret)
  await release.install({ values: podValues(servers, "a") })
  const took = ((performance.now() - from) / 1_000).toFixed(0)
  const pods = await podsOf(api)
  const used = new Set(pods.map(({ spec }) => spec.nodeName))
  load.start(5)
  await eventually("ten events are acknowledged", () => load.acknowledged.size >= 10, 60_000, 100)
  await load.stop()
  const { lost, counted, stored } = await accountOf(load, servers)
  return {
    name: "the chart on two real nodes: not root, read-only, with probes; events go through",
    passed: used.size === 2 && lost === 0 && counted === stored,
    proof: `${pods.length} pods on ${used.size} nodes ready after ${took} s; ${load.acknowledged.size} acknowledged, ${lost} lost, ${counted} counted`
  }
}

/** Every trouble under load, in order. */
export const troubles = (cluster: Cluster): ReadonlyArray<() => Promise<Check>> => {
  const { api, release, nodes, servers, load, logs } = cluster
  const during = (what: string, trouble: () => Promise<string>, strict: boolean) => (): Promise<Check> =>
    underLoad(what, { load, servers, logs, perSecond }, trouble, strict)
  const upgrade = async (): Promise<string> => {
    for (const node of nodes) await node.tag("docker.io/library/spoor:a", "docker.io/library/spoor:b")
    const from = performance.now()
    await release.upgrade({ values: podValues(servers, "b") })
    const took = ((performance.now() - from) / 1_000).toFixed(0)
    const images = await api.kubectl(["-n", namespace, "get", "pods", "-o", "jsonpath={..image}"])
    if (!images.includes("spoor:b")) throw new Error(`The pods run ${images}.`)
    return `every pod of 9 replaced in ${took} s`
  }
  const rollback = async (): Promise<string> => `revision ${(await release.rollback()).length}`
  return [
    during(
      "an enricher killed for its memory: nothing lost, everything counted once",
      () => exhaust(cluster),
      false
    ),
    during("an enricher hangs: the liveness probe restarts it, nothing lost", () => hang(cluster), false),
    during("helm upgrade under load: nothing lost, nothing twice", upgrade, true),
    during("helm rollback under load: nothing lost, nothing twice", rollback, true),
    during("kubectl drain of a node under load: nothing lost, nothing twice", () => drain(cluster), true),
    during("more and fewer pods under load: nothing lost, nothing twice", () => scale(cluster), true)
  ]
}
