/**
 * Nodes that only say that they run pods (kwok), one in each zone, and disks for pods that want one. They live until `stop`.
 */
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { eventually } from "../../../support/eventually.ts"
import type { Api } from "./api.ts"
import { built, cache, hostAddress, type Running, startLogged } from "./place.ts"

const capacity = { cpu: "16", memory: "64Gi", pods: "110", "ephemeral-storage": "100Gi" }

const nodeObject = (number: number): object => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: {
    name: `fake-${number}`,
    labels: {
      "kubernetes.io/hostname": `fake-${number}`,
      "kubernetes.io/os": "linux",
      "topology.kubernetes.io/zone": `zone-${number}`
    }
  }
})

/** A class of disks that nobody makes: volumeObject lists those that there are. */
const storageClass = (name: string, isDefault: boolean): object => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: {
    name,
    annotations: { "storageclass.kubernetes.io/is-default-class": String(isDefault) }
  },
  provisioner: "kubernetes.io/no-provisioner"
})

const volumeObject = (name: string, storageClassName: string): object => ({
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name },
  spec: {
    storageClassName,
    capacity: { storage: "20Gi" },
    accessModes: ["ReadWriteOnce"],
    persistentVolumeReclaimPolicy: "Retain",
    hostPath: { path: `/nowhere/${name}` }
  }
})

/** Starts `count` nodes and makes the disks; resolves when the nodes are ready. */
export const startFakeNodes = async (api: Api, folder: string, count: number): Promise<Running> => {
  const stages = readdirSync(join(cache, "stages")).flatMap((file) => [
    "--config",
    join(cache, "stages", file)
  ])
  const kwok = startLogged(folder, "kwok", built("kwok"), [
    ...[`--kubeconfig=${api.kubeconfig}`, "--manage-all-nodes=true", `--node-ip=${hostAddress}`],
    ...["--cidr=198.51.100.64/27", "--node-lease-duration-seconds=40", ...stages]
  ])
  const disks = ["", "fast"].flatMap((kind) =>
    Array.from({ length: 40 }, (_, i) => volumeObject(`disk-${kind}${i}`, kind || "standard"))
  )
  const nodes = Array.from({ length: count }, (_, i) => nodeObject(i))
  await api.apply([...nodes, storageClass("standard", true), storageClass("fast", false), ...disks])
  for (let i = 0; i < count; i++)
    await api.kubectl([
      ...["patch", "node", `fake-${i}`, "--subresource=status", "--type=merge"],
      ...["-p", JSON.stringify({ status: { capacity, allocatable: capacity } })]
    ])
  await eventually(
    "the fake nodes are ready",
    async () => {
      const nodes = await api.list<NodeObject>("/api/v1/nodes")
      const isReady = ({ status }: NodeObject): boolean =>
        status.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false
      return nodes.filter(isReady).length === count
    },
    120_000,
    300
  ).catch((cause: unknown) => {
    throw new Error(`${String(cause)}\n${kwok.log()}`)
  })
  return kwok
}

interface NodeObject {
  readonly status: { readonly conditions?: ReadonlyArray<{ readonly type: string; readonly status: string }> }
}
