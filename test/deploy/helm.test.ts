/**
 * The Helm chart with ten files of values: it lints, its objects are those of Kubernetes' own schemas, and what must hold
 * for every rendering does.
 */
import { describe, expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { chart } from "../../deploy/kubernetes/helm.ts"
import packageJson from "../../package.json" with { type: "json" }
import { hasHelm, renderAll } from "../support/helm.ts"
import {
  chosenBy,
  componentOf,
  containersOf,
  envOf,
  type NetworkPolicy,
  objectsOf,
  secretFilesOf,
  secretKeysOf,
  spoorWorkloads,
  type Workload,
  workloadsOf
} from "../support/kubernetes-objects.ts"

const folder = join(import.meta.dirname, "values")
const names = readdirSync(folder).toSorted()
const renderings = await renderAll(
  names.map((name) => ({ file: join(folder, name) })),
  true
)

/** Kinds of operators, which Kubernetes has no schema for. */
const foreign = new Set([
  "gateway.networking.k8s.io/v1 Gateway",
  "gateway.networking.k8s.io/v1 HTTPRoute",
  "keda.sh/v1alpha1 ScaledObject",
  "monitoring.coreos.com/v1 PrometheusRule",
  "monitoring.coreos.com/v1 ServiceMonitor"
])

/** Kinds that belong to a namespace; any other might change the whole cluster. */
const namespaced = new Set([
  ...["ConfigMap", "Secret", "Service", "ServiceAccount", "Deployment", "StatefulSet", "Job"],
  ...["HorizontalPodAutoscaler", "PodDisruptionBudget", "NetworkPolicy", "Ingress"],
  ...[...foreign].map((kind) => kind.split(" ")[1] ?? "")
])

test("the chart's appVersion is the version of package.json", () => {
  const written = /^appVersion: "(.+)"$/m.exec(readFileSync(join(chart, "Chart.yaml"), "utf8"))?.[1]
  expect(written).toBe(packageJson.version)
})

test("the README builds and names the image by that version, which the chart asks for", () => {
  const named = readFileSync(join(chart, "README.md"), "utf8").matchAll(/spoor:(\d+\.\d+\.\d+)/g)
  expect(new Set(Array.from(named, ([, version]) => version))).toEqual(new Set([packageJson.version]))
})

test("the oldest Kubernetes that the renderings are checked for is the chart's kubeVersion", () => {
  const written = /^kubeVersion: ">=(.+)-0"$/m.exec(readFileSync(join(chart, "Chart.yaml"), "utf8"))?.[1]
  const script = readFileSync(join(chart, "..", "..", "kubernetes", "helm.py"), "utf8")
  expect(/^oldest = "(.+)"$/m.exec(script)?.[1]).toBe(written ?? "none")
})

test("there are ten files of values", () => {
  expect(names).toHaveLength(10)
})

describe.skipIf(!hasHelm)("every rendering", () => {
  for (const [i, name] of names.entries()) {
    const rendering = () => {
      const found = renderings[i]
      if (found === undefined) throw new Error(`${name} was not rendered.`)
      return found
    }

    describe(name, () => {
      test("lints and is valid by the schemas of Kubernetes", () => {
        const { error, lint, invalid, unknown, objects } = rendering()
        expect({ error, lint, invalid }).toEqual({ error: null, lint: [], invalid: [] })
        expect(unknown.filter((kind) => !foreign.has(kind))).toEqual([])
        expect(objects.length).toBeGreaterThan(5)
      })

      test("has nothing that is not of its namespace, and no name twice", () => {
        const { objects } = rendering()
        expect(objects.filter(({ kind }) => !namespaced.has(kind))).toEqual([])
        expect(objects.filter(({ metadata }) => "namespace" in metadata)).toEqual([])
        const keys = objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`)
        expect(keys.toSorted()).toEqual([...new Set(keys)].toSorted())
      })

      test("runs without rights: no root, no token, no writable image, no capabilities", () => {
        for (const workload of workloadsOf(rendering())) {
          const pod = workload.spec.template.spec
          expect(pod.automountServiceAccountToken).toBe(false)
          expect(pod.enableServiceLinks).toBe(false)
          expect(pod.securityContext).toMatchObject({
            runAsNonRoot: true,
            runAsUser: 10001,
            seccompProfile: { type: "RuntimeDefault" }
          })
          for (const { securityContext, volumeMounts, resources } of containersOf(workload)) {
            expect(securityContext).toEqual({
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ["ALL"] }
            })
            expect(volumeMounts.map(({ mountPath }) => mountPath)).toContain("/tmp")
            expect(Object.keys(resources.requests ?? {})).toEqual(["cpu", "ephemeral-storage", "memory"])
            expect(Object.keys(resources.limits ?? {})).toEqual(["ephemeral-storage", "memory"])
          }
        }
      })

      test("mounts volumes that are there, and has none that nobody mounts", () => {
        for (const workload of workloadsOf(rendering())) {
          const claims = (workload.spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name)
          const volumes = (workload.spec.template.spec.volumes ?? []).map(({ name }) => name)
          const mounted = containersOf(workload).flatMap(({ volumeMounts }) =>
            volumeMounts.map(({ name }) => name)
          )
          expect([...new Set(mounted)].toSorted()).toEqual([...volumes, ...claims].toSorted())
        }
      })

      test("asks each process of Spoor for its health, and gives it time to drain", () => {
        const processes = spoorWorkloads(rendering())
        expect(processes.length).toBeGreaterThan(0)
        for (const { spec } of processes) {
          const pod = spec.template.spec
          for (const container of pod.containers) {
            const { OPS_PORT, OPS_HOST, DRAIN_DELAY, DRAIN_TIMEOUT, DATA_DIR } = envOf(container)
            expect(OPS_HOST).toBe("0.0.0.0")
            const ops = container.ports?.find(({ containerPort }) => String(containerPort) === OPS_PORT)
            const live = { path: "/health/live", port: ops?.name ?? "no port" }
            expect(container.startupProbe?.httpGet).toEqual(live)
            expect(container.livenessProbe?.httpGet).toEqual(live)
            expect(container.readinessProbe?.httpGet).toEqual({ ...live, path: "/health/ready" })
            expect(container.readinessProbe?.timeoutSeconds).toBeGreaterThan(2)
            expect(container.volumeMounts.map(({ mountPath }) => mountPath)).toContain(DATA_DIR ?? "unset")
            const sleep = container.lifecycle?.preStop?.sleep?.seconds ?? 0
            expect(sleep).toBeGreaterThan(0)
            const drain =
              sleep +
              (Number.parseInt(DRAIN_DELAY ?? "", 10) + Number.parseInt(DRAIN_TIMEOUT ?? "", 10)) / 1000
            expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(drain)
          }
        }
      })

      test("gives secrets as files that are mounted, and no password in the environment", () => {
        const secret = objectsOf(rendering(), "Secret")[0]
        const keys = new Set(Object.keys((secret?.stringData as object | undefined) ?? {}))
        for (const workload of workloadsOf(rendering())) {
          for (const container of workload.spec.template.spec.containers) {
            expect(Object.values(secretFilesOf(workload, container))).not.toContain("no such file")
            const plain = Object.values(envOf(container)).filter((value) => /:\/\/[^/]*:[^/]*@/.test(value))
            expect(plain).toEqual([])
          }
          if (secret === undefined) continue
          const own = secretKeysOf(workload).filter((one) => one.startsWith(`${secret.metadata.name}/`))
          expect(own.filter((one) => !keys.has(one.split("/")[1] ?? ""))).toEqual([])
        }
      })

      test("has no environment variable twice in a container", () => {
        for (const workload of workloadsOf(rendering())) {
          for (const { env = [] } of containersOf(workload)) {
            const given = env.map((one) => one.name)
            expect(given).toEqual([...new Set(given)])
          }
        }
      })

      test("has selectors that choose pods, and ports that these have", () => {
        const all = rendering()
        for (const { metadata, spec } of objectsOf<Workload & { readonly spec: ServiceSpec }>(
          all,
          "Service"
        )) {
          const chosen = chosenBy(spec.selector, all)
          expect([metadata.name, chosen.length > 0]).toEqual([metadata.name, true])
          const ports = chosen.flatMap(containersOf).flatMap((container) => container.ports ?? [])
          for (const { targetPort } of spec.ports)
            expect(ports.map((port) => port.name)).toContain(targetPort)
        }
        const budgets = objectsOf<Workload & { readonly spec: { readonly selector: Selector } }>(
          all,
          "PodDisruptionBudget"
        )
        for (const { spec } of budgets) expect(chosenBy(spec.selector.matchLabels, all)).toHaveLength(1)
      })

      test("has a policy for each of its pods where there are policies, and both sides of each agree", () => {
        const all = rendering()
        const policies = objectsOf<NetworkPolicy>(all, "NetworkPolicy")
        if (policies.length === 0) return expect(name).toBe("minimal.yaml")
        const policyOf = (component: string) =>
          policies.find(
            ({ spec }) => spec.podSelector.matchLabels["app.kubernetes.io/component"] === component
          )
        for (const workload of workloadsOf(all)) {
          const component = componentOf(workload)
          const { egress = [] } = policyOf(component)?.spec ?? {}
          expect([component, policyOf(component) !== undefined]).toEqual([component, true])
          const ways = egress.flatMap(({ to = [], ports = [] }) =>
            to.flatMap(({ podSelector }) => ports.map(({ port }) => ({ podSelector, port })))
          )
          for (const { podSelector, port } of ways.filter((way) => way.podSelector !== undefined)) {
            const [target] = chosenBy(podSelector?.matchLabels ?? {}, all)
            const rules = policyOf(target === undefined ? "" : componentOf(target))?.spec.ingress ?? []
            const isLetIn = rules.some(
              ({ from, ports = [] }) =>
                ports.some((one) => one.port === port) &&
                (from === undefined ||
                  from.some((peer) =>
                    chosenBy(peer.podSelector?.matchLabels ?? { nobody: "" }, all).includes(workload)
                  ))
            )
            expect([component, port, isLetIn]).toEqual([component, port, true])
          }
        }
      })
    })
  }
})

interface Selector {
  readonly matchLabels: Readonly<Record<string, string>>
}

interface ServiceSpec {
  readonly selector: Readonly<Record<string, string>>
  readonly ports: ReadonlyArray<{ readonly targetPort: string }>
}
