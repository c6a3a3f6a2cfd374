/** What tests read of rendered Kubernetes objects: pods, their containers and environment, selectors, policies. Pure. */
import type { KubernetesObject, Rendering } from "../../deploy/kubernetes/helm.ts"

type Labels = Readonly<Record<string, string>>

interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string | number }
  readonly periodSeconds: number
  readonly timeoutSeconds?: number
  readonly failureThreshold?: number
}

export interface Container {
  readonly name: string
  readonly image: string
  readonly command?: ReadonlyArray<string>
  readonly args?: ReadonlyArray<string>
  readonly env?: ReadonlyArray<{
    readonly name: string
    readonly value?: string
    readonly valueFrom?: { readonly secretKeyRef?: { readonly name: string; readonly key: string } }
  }>
  readonly ports?: ReadonlyArray<{ readonly name: string; readonly containerPort: number }>
  readonly startupProbe?: Probe
  readonly livenessProbe?: Probe
  readonly readinessProbe?: Probe
  readonly lifecycle?: { readonly preStop?: { readonly sleep?: { readonly seconds: number } } }
  readonly resources: { readonly requests?: Labels; readonly limits?: Labels }
  readonly restartPolicy?: string
  readonly securityContext: {
    readonly allowPrivilegeEscalation: boolean
    readonly readOnlyRootFilesystem: boolean
    readonly capabilities: { readonly drop: ReadonlyArray<string>; readonly add?: unknown }
  }
  readonly volumeMounts: ReadonlyArray<{ readonly name: string; readonly mountPath: string }>
}

interface Item {
  readonly key: string
  readonly path: string
}

export interface Volume {
  readonly name: string
  readonly emptyDir?: object
  readonly configMap?: { readonly name: string }
  readonly secret?: { readonly secretName: string; readonly items?: ReadonlyArray<Item> }
  readonly projected?: {
    readonly sources: ReadonlyArray<{
      readonly secret?: { readonly name: string; readonly items: ReadonlyArray<Item> }
    }>
  }
}

export interface PodSpec {
  readonly serviceAccountName: string
  readonly automountServiceAccountToken: boolean
  readonly enableServiceLinks: boolean
  readonly terminationGracePeriodSeconds?: number
  readonly securityContext: {
    readonly runAsNonRoot: boolean
    readonly runAsUser: number
    readonly seccompProfile: { readonly type: string }
  }
  readonly topologySpreadConstraints?: ReadonlyArray<{ readonly whenUnsatisfiable: string }>
  readonly initContainers?: ReadonlyArray<Container>
  readonly containers: ReadonlyArray<Container>
  readonly volumes?: ReadonlyArray<Volume>
  readonly [field: string]: unknown
}

/** A Deployment, StatefulSet or Job. */
export interface Workload extends KubernetesObject {
  readonly spec: {
    readonly replicas?: number
    readonly strategy?: { readonly type: string }
    readonly template: {
      readonly metadata: { readonly labels: Labels; readonly annotations?: Labels }
      readonly spec: PodSpec
    }
    readonly volumeClaimTemplates?: ReadonlyArray<{
      readonly metadata: { readonly name: string }
      readonly spec: {
        readonly resources: { readonly requests: Labels }
        readonly storageClassName?: string
      }
    }>
    readonly [field: string]: unknown
  }
}

interface Peer {
  readonly podSelector?: { readonly matchLabels: Labels }
  readonly namespaceSelector?: { readonly matchLabels: Labels }
  readonly ipBlock?: { readonly cidr: string }
}

export interface PolicyRule {
  readonly ports?: ReadonlyArray<{ readonly port: number; readonly protocol: string }>
  readonly from?: ReadonlyArray<Peer>
  readonly to?: ReadonlyArray<Peer>
}

export interface NetworkPolicy extends KubernetesObject {
  readonly spec: {
    readonly podSelector: { readonly matchLabels: Labels }
    readonly ingress?: ReadonlyArray<PolicyRule>
    readonly egress?: ReadonlyArray<PolicyRule>
  }
}

export const objectsOf = <A extends KubernetesObject>({ objects }: Rendering, kind: string) =>
  objects.filter((one) => one.kind === kind) as unknown as ReadonlyArray<A>

/** The only object of that kind and name. Throws when there is none. */
export const objectOf = <A extends KubernetesObject>(rendering: Rendering, kind: string, name: string): A => {
  const found = objectsOf<A>(rendering, kind).find(({ metadata }) => metadata.name === name)
  if (found === undefined) throw new Error(`There is no ${kind} ${name}.`)
  return found
}

export const workloadsOf = (rendering: Rendering): ReadonlyArray<Workload> =>
  ["Deployment", "StatefulSet", "Job"].flatMap((kind) => objectsOf<Workload>(rendering, kind))

/** Those that run Spoor itself. */
export const spoorWorkloads = (rendering: Rendering): ReadonlyArray<Workload> =>
  workloadsOf(rendering).filter(({ spec }) => spec.template.metadata.labels["spoor/process"] === "true")

export const componentOf = ({ spec }: Workload): string =>
  spec.template.metadata.labels["app.kubernetes.io/component"] ?? ""

export const containersOf = ({ spec }: Workload): ReadonlyArray<Container> => [
  ...(spec.template.spec.initContainers ?? []),
  ...spec.template.spec.containers
]

/** Plain values of a container's environment. */
export const envOf = ({ env = [] }: Container): Readonly<Record<string, string>> =>
  Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])))

export const matches = (selector: Labels, labels: Labels): boolean =>
  Object.entries(selector).every(([name, value]) => labels[name] === value)

/** The workloads whose pods a selector chooses. */
export const chosenBy = (selector: Labels, rendering: Rendering): ReadonlyArray<Workload> =>
  workloadsOf(rendering).filter(({ spec }) => matches(selector, spec.template.metadata.labels))

/** Where a pod's keys of Secrets come from, for files and environment: `secret/key`. */
export const secretKeysOf = (workload: Workload): ReadonlyArray<string> => {
  const { volumes = [] } = workload.spec.template.spec
  const fromVolumes = volumes.flatMap(({ secret, projected }) => [
    ...(secret?.items ?? []).map(({ key }) => `${secret?.secretName}/${key}`),
    ...(projected?.sources ?? []).flatMap(({ secret: one }) =>
      (one?.items ?? []).map(({ key }) => `${one?.name}/${key}`)
    )
  ])
  const fromEnvironment = containersOf(workload).flatMap(({ env = [] }) =>
    env.flatMap(({ valueFrom }) => {
      const ref = valueFrom?.secretKeyRef
      return ref === undefined ? [] : [`${ref.name}/${ref.key}`]
    })
  )
  return [...new Set<string>([...fromVolumes, ...fromEnvironment])].toSorted()
}

/** The settings that a container reads from files, with `secret/key` behind each. */
export const secretFilesOf = (workload: Workload, container: Container): Readonly<Record<string, string>> => {
  const { volumes = [] } = workload.spec.template.spec
  const files = container.volumeMounts.flatMap(({ name, mountPath }) => {
    const sources = volumes.find((volume) => volume.name === name)?.projected?.sources ?? []
    return sources.flatMap(({ secret }) =>
      (secret?.items ?? []).map(
        ({ key, path }) => [`${mountPath}/${path}`, `${secret?.name}/${key}`] as const
      )
    )
  })
  const byPath = new Map<string, string>(files)
  return Object.fromEntries(
    Object.entries(envOf(container)).flatMap(([name, path]) =>
      name.endsWith("_FILE") ? [[name.slice(0, -"_FILE".length), byPath.get(path) ?? "no such file"]] : []
    )
  )
}
