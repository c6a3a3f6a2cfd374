/** What is in the pods of each mode of the chart: distributed (its default), sidecar, and single. */
import { describe, expect, test } from "bun:test"
import { containerNamed, deployment, namesOf, renderFiles, specOf, textsOf } from "../support/chart-values.ts"
import { hasHelm } from "../support/helm.ts"
import {
  containersOf,
  envOf,
  type NetworkPolicy,
  objectOf,
  secretFilesOf,
  spoorWorkloads,
  type Workload,
  workloadsOf
} from "../support/kubernetes-objects.ts"

const of = await renderFiles("default", "sidecar", "minimal", "bundled")
const redisConf = (name: "default" | "sidecar"): ReadonlyArray<string> =>
  (textsOf(of(name), "ConfigMap", "spoor-redis")["redis.conf"] ?? "").split("\n")

describe.skipIf(!hasHelm)("mode distributed", () => {
  test("is eleven Deployments, Redis with a disk, NATS, and a Job that makes the topics", () => {
    const all = of("default")
    expect(namesOf(all, "Deployment")).toHaveLength(11)
    expect(namesOf(all, "Deployment")).not.toContain("spoor-tap")
    expect(namesOf(all, "StatefulSet")).toEqual(["spoor-nats", "spoor-redis"])
    expect(namesOf(all, "Job")).toEqual(["spoor-topics"])
    for (const kind of ["Ingress", "HTTPRoute", "ServiceMonitor"]) expect(namesOf(all, kind)).toEqual([])
  })

  test("keeps every event: Redis appends to a file on its disk and evicts nothing", () => {
    for (const line of ["appendonly yes", "appendfsync always", "maxmemory-policy noeviction", "dir /redis"])
      expect(redisConf("default")).toContain(line)
    const redis = objectOf<Workload>(of("default"), "StatefulSet", "spoor-redis")
    expect(redis.spec.volumeClaimTemplates?.[0]?.spec.resources.requests).toEqual({ storage: "8Gi" })
    expect(redis.spec.persistentVolumeClaimRetentionPolicy).toEqual({
      whenDeleted: "Retain",
      whenScaled: "Retain"
    })
    expect(containerNamed(redis, "redis").volumeMounts).toContainEqual({
      name: "redis-data",
      mountPath: "/redis"
    })
  })

  test("makes topics with partitions and replicas before the actors start", () => {
    const job = objectOf<Workload>(of("default"), "Job", "spoor-topics")
    expect(job.metadata.annotations?.["helm.sh/hook"]).toBe("pre-install,pre-upgrade")
    const { command = [], args } = containerNamed(job, "topics")
    for (const part of [
      "--partitions 12 --replication-factor 3",
      "--config min.insync.replicas=2",
      "--create --if-not-exists"
    ])
      expect(command.at(-1)).toContain(part)
    expect(args).toEqual(["topics", "events"])
  })

  test("replaces pods one by one, never below their number; the tap only after its end", () => {
    const { strategy } = deployment(of("default"), "spoor-bridge").spec
    expect(strategy).toMatchObject({
      type: "RollingUpdate",
      rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
    })
    expect(deployment(of("bundled"), "events-tap").spec.strategy).toEqual({ type: "Recreate" })
  })

  test("ends a pod after 5 s of sleep, 0.5 s of delay and 25 s of draining, with 5 s to spare", () => {
    for (const { spec } of spoorWorkloads(of("default")))
      expect(spec.template.spec.terminationGracePeriodSeconds).toBe(36)
  })

  test("spreads copies over zones and nodes, and lets one at a time be evicted", () => {
    const { topologySpreadConstraints } = deployment(of("default"), "spoor-gateway").spec.template.spec
    expect(topologySpreadConstraints).toMatchObject([
      { topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway" },
      { topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" }
    ])
    expect(namesOf(of("default"), "PodDisruptionBudget")).toHaveLength(11)
    expect(specOf(of("default"), "PodDisruptionBudget", "spoor-gateway")).toMatchObject({ maxUnavailable: 1 })
  })

  test("scales the gateway alone, and leaves the number of its pods to that", () => {
    expect(namesOf(of("default"), "HorizontalPodAutoscaler")).toEqual(["spoor-gateway"])
    expect(deployment(of("default"), "spoor-gateway").spec.replicas).toBeUndefined()
    expect(deployment(of("default"), "spoor-drainer").spec.replicas).toBe(2)
  })

  test("runs each actor by its name, as its own user on NATS", () => {
    for (const [name, user] of [
      ["drainer", "drainer"],
      ["search-counter", "consumer"]
    ] as const) {
      const workload = deployment(of("default"), `spoor-${name}`)
      const container = containerNamed(workload, name)
      expect(container.args).toEqual(["actor", name])
      expect(container.command).toBeUndefined()
      expect(envOf(container).NATS_INBOX_PREFIX).toBe(`_INBOX.${user}`)
      expect(secretFilesOf(workload, container).NATS_URL).toBe(`spoor-secrets/nats-url-${user}`)
    }
  })

  test("makes passwords that begin with a letter, one for each user", () => {
    const secret = textsOf(of("default"), "Secret", "spoor-secrets")
    const passwords = Object.entries(secret).filter(([key]) => !key.includes("-url"))
    expect(new Set(passwords.map(([, value]) => value)).size).toBe(passwords.length)
    for (const [, value] of passwords) expect(value).toMatch(/^[a-z]\w{31}$/)
    expect(secret["nats-url-bridge"]).toBe(`nats://bridge:${secret["nats-password-bridge"]}@spoor-nats:4222`)
    for (const key of ["redis-url-viewer", "projections-url-viewer"])
      expect(secret[key]).toBe(`redis://viewer:${secret["redis-password-viewer"]}@spoor-redis:6379`)
  })

  test("lets nobody reach the viewer's port over the network", () => {
    const { ingress = [] } = objectOf<NetworkPolicy>(of("default"), "NetworkPolicy", "spoor-viewer").spec
    expect(ingress.flatMap(({ ports = [] }) => ports.map(({ port }) => port))).toEqual([9464])
  })
})

describe.skipIf(!hasHelm)("mode sidecar", () => {
  const sidecar = () => objectOf<Workload>(of("sidecar"), "StatefulSet", "spoor-sidecar")

  test("is gateway, drainer and Redis in one pod, and no Deployment of the two", () => {
    expect(sidecar().spec.replicas).toBe(3)
    expect(containersOf(sidecar()).map(({ name }) => name)).toEqual(["redis", "gateway", "drainer"])
    expect(namesOf(of("sidecar"), "Deployment")).not.toContain("spoor-gateway")
    expect(namesOf(of("sidecar"), "Deployment")).not.toContain("spoor-drainer")
    expect(namesOf(of("sidecar"), "HorizontalPodAutoscaler")).toEqual([])
  })

  test("starts Redis before the others and ends it after them, with a disk for each pod", () => {
    expect(sidecar().spec.template.spec.initContainers?.[0]?.restartPolicy).toBe("Always")
    expect(redisConf("sidecar")).toContain("appendfsync everysec")
    expect(redisConf("sidecar")).toContain("appendonly yes")
    expect(redisConf("sidecar")).toContain("maxmemory-policy noeviction")
    expect(sidecar().spec.volumeClaimTemplates?.[0]?.spec).toMatchObject({
      storageClassName: "fast",
      resources: { requests: { storage: "20Gi" } }
    })
  })

  test("both use the Redis beside them, by their own users on NATS and ports of their own", () => {
    for (const name of ["gateway", "drainer"])
      expect(secretFilesOf(sidecar(), containerNamed(sidecar(), name))).toMatchObject({
        REDIS_URL: `spoor-secrets/redis-url-local-${name}`,
        NATS_URL: `spoor-secrets/nats-url-${name}`
      })
    expect(envOf(containerNamed(sidecar(), "gateway")).OPS_PORT).toBe("9464")
    expect(envOf(containerNamed(sidecar(), "drainer")).OPS_PORT).toBe("9465")
    expect(secretFilesOf(sidecar(), containerNamed(sidecar(), "gateway"))).not.toHaveProperty("BUS_SECRET")
  })

  test("the viewer reads every queue, Prometheus every process", () => {
    const secret = textsOf(of("sidecar"), "Secret", "spoor-secrets")
    const hosts = (secret["redis-url-viewer"] ?? "").split(",").map((url) => new URL(url).host)
    expect(hosts).toEqual([0, 1, 2].map((n) => `spoor-sidecar-${n}.spoor-sidecar:6379`))
    expect(new URL(secret["redis-url-local-drainer"] ?? "").hostname).toBe("127.0.0.1")
    expect(new URL(secret["projections-url-consumer"] ?? "").hostname).toBe("spoor-redis")
    expect(specOf(of("sidecar"), "Service", "spoor-sidecar")).toMatchObject({ clusterIP: "None" })
    expect(specOf(of("sidecar"), "ServiceMonitor", "spoor")).toMatchObject({
      endpoints: [{ port: "ops" }, { port: "ops-drainer" }]
    })
    expect(specOf(of("sidecar"), "Service", "spoor-gateway")).toMatchObject({
      selector: { "app.kubernetes.io/component": "sidecar" }
    })
  })
})

describe.skipIf(!hasHelm)("mode single", () => {
  test("is one pod with a disk, its Services and its password, and needs no server", () => {
    const all = of("minimal")
    expect(workloadsOf(all).map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
      "StatefulSet/spoor-single"
    ])
    const single = objectOf<Workload>(all, "StatefulSet", "spoor-single")
    const container = containerNamed(single, "spoor")
    expect(container.args).toEqual(["actor", "--all"])
    expect(envOf(container)).toMatchObject({ DATA_DIR: "/data", VIEWER_MASK: "address" })
    expect(Object.keys(secretFilesOf(single, container))).toEqual(["VIEWER_PASSWORD"])
    expect(Object.keys(envOf(container)).filter((name) => /REDIS|NATS|BROKERS/.test(name))).toEqual([])
    expect(single.spec.volumeClaimTemplates?.[0]?.metadata.name).toBe("data")
    expect(single.spec.template.spec.topologySpreadConstraints).toBeUndefined()
    expect(namesOf(all, "Service")).toEqual(["spoor-gateway", "spoor-metrics", "spoor-viewer"])
  })
})
