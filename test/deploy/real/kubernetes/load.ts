/**
 * Events sent to the gateways as a load balancer would: each to one of the pods that the Service's endpoints call ready, at a
 * steady rate, once and without retries, so that every duplicate in Kafka is caused by Spoor. Runs from `start` to `stop`.
 */
import type { Api } from "./api.ts"

export interface Load {
  readonly start: (perSecond: number) => void
  /** Resolves when every request has its answer or has timed out. */
  readonly stop: () => Promise<void>
  /** Numbers of the events that were acknowledged. */
  readonly acknowledged: ReadonlySet<number>
  /** Answers other than 200, by what they were. */
  readonly others: ReadonlyMap<string, number>
  readonly sent: () => number
}

interface Slice {
  readonly endpoints?: ReadonlyArray<{
    readonly addresses: ReadonlyArray<string>
    readonly conditions: { readonly ready?: boolean }
  }>
}

/** The addresses of the gateways that are ready now. */
const readyGateways = async (api: Api, namespace: string): Promise<ReadonlyArray<string>> => {
  const slices = await api.list<Slice>(
    `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dspoor-gateway`
  )
  return slices.flatMap(({ endpoints }) =>
    (endpoints ?? []).flatMap(({ addresses, conditions }) => (conditions.ready === false ? [] : addresses))
  )
}

export const makeLoad = (api: Api, namespace: string): Load => {
  const acknowledged = new Set<number>()
  const others = new Map<string, number>()
  const waiting = new Set<Promise<void>>()
  let [number, gateways, isRunning]: [number, ReadonlyArray<string>, boolean] = [0, [], false]
  let running: ReadonlyArray<Promise<void>> = []

  const sendOne = async (): Promise<void> => {
    const own = number++
    const gateway = gateways[own % Math.max(1, gateways.length)]
    const answer =
      gateway === undefined
        ? "no gateway is ready"
        : await fetch(`http://${gateway}:5222/t/load?eventnumber=${own}`, {
            headers: { connection: "close" },
            keepalive: false,
            signal: AbortSignal.timeout(15_000)
          }).then(
            ({ status }) => String(status),
            (cause: unknown) => (cause instanceof Error ? cause.name : "failed")
          )
    if (answer === "200") acknowledged.add(own)
    else others.set(answer, (others.get(answer) ?? 0) + 1)
  }
  const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
  const follow = async (): Promise<void> => {
    while (isRunning) {
      gateways = await readyGateways(api, namespace).catch(() => gateways)
      await pause(200)
    }
  }
  const send = async (perSecond: number): Promise<void> => {
    while (isRunning && gateways.length === 0) await pause(50)
    const began = performance.now()
    const first = number
    while (isRunning) {
      const due = first + ((performance.now() - began) * perSecond) / 1_000
      while (number < due && waiting.size < 200) {
        const one: Promise<void> = sendOne().finally(() => waiting.delete(one))
        waiting.add(one)
      }
      await pause(20)
    }
  }
  return {
    acknowledged,
    others,
    sent: () => number,
    start: (perSecond) => {
      isRunning = true
      running = [follow(), send(perSecond)]
    },
    stop: async () => {
      isRunning = false
      await Promise.all(running)
      await Promise.all(waiting)
    }
  }
}
