/** What happens to the Deployments of a namespace over time, seen every 200 ms. Watches from `watch` until `stop`. */
import type { Api } from "./api.ts"

export interface Seen {
  /** Seconds since the watch began. */
  readonly at: number
  /** By name of the Deployment: pods wanted, and those available. */
  readonly wanted: Readonly<Record<string, number>>
  readonly available: Readonly<Record<string, number>>
}

export interface Watch {
  readonly seen: ReadonlyArray<Seen>
  readonly stop: () => Promise<void>
}

interface Deployment {
  readonly metadata: { readonly name: string }
  readonly spec: { readonly replicas: number }
  readonly status: { readonly availableReplicas?: number }
}

export const deploymentsOf = (api: Api, namespace: string): Promise<ReadonlyArray<Deployment>> =>
  api.list<Deployment>(`/apis/apps/v1/namespaces/${namespace}/deployments`)

export const watch = (api: Api, namespace: string): Watch => {
  const seen: Array<Seen> = []
  const began = performance.now()
  let isStopped = false
  const look = async (): Promise<void> => {
    while (!isStopped) {
      const all = await deploymentsOf(api, namespace)
      seen.push({
        at: (performance.now() - began) / 1_000,
        wanted: Object.fromEntries(all.map(({ metadata, spec }) => [metadata.name, spec.replicas])),
        available: Object.fromEntries(
          all.map(({ metadata, status }) => [metadata.name, status.availableReplicas ?? 0])
        )
      })
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  const looking = look()
  return {
    seen,
    stop: async () => {
      isStopped = true
      await looking
    }
  }
}

/** When the wanted number of a Deployment fell, and by how many: [seconds, pods fewer]. */
export const fallsOf = (seen: ReadonlyArray<Seen>, name: string): ReadonlyArray<readonly [number, number]> =>
  seen.flatMap(({ at, wanted }, i) => {
    const before = seen[i - 1]?.wanted[name] ?? wanted[name] ?? 0
    const fewer = before - (wanted[name] ?? 0)
    return fewer > 0 ? [[at, fewer] as const] : []
  })

/** The largest number of pods that was wanted. */
export const highest = (seen: ReadonlyArray<Seen>, name: string): number =>
  Math.max(...seen.map(({ wanted }) => wanted[name] ?? 0))

/** The smallest number of available pods. */
export const fewest = (seen: ReadonlyArray<Seen>, name: string): number =>
  Math.min(...seen.map(({ available }) => available[name] ?? 0))
