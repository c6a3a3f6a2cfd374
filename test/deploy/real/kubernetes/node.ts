/**
 * A real node: containerd and kubelet, with a bridge that gives each pod an address of its own. Pods of two nodes reach the
 * machine (`hostAddress`), where the servers of the test run. A node lives until this process ends.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { eventually } from "../../../support/eventually.ts"
import { type Api, output } from "./api.ts"
import { cache, nodeAddress, startLogged } from "./place.ts"

export interface Node {
  readonly name: string
  /** Gives an image that was imported another name. */
  readonly tag: (from: string, to: string) => Promise<void>
  /** The process of a running container, by the id that the pod's status shows. */
  readonly processOf: (containerId: string) => Promise<number>
}

/** The name of a node's group of processes; enter.sh removes those of its run. */
const groupOf = (number: number): string => `${process.env.NODE_GROUP ?? "spoor-node-"}${number}`

const containerdSettings = (folder: string): string => `
version = 2
root = "${folder}/containerd"
state = "${folder}/containerd-state"
[grpc]
  address = "${folder}/containerd.sock"
[ttrpc]
  address = "${folder}/containerd.sock.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/library/pause:test"
  restrict_oom_score_adj = true
  disable_tcp_service = true
  stream_server_port = "0"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${join(cache, "bin")}"
    conf_dir = "${folder}/network"
`

const networkSettings = (folder: string, number: number): object => ({
  cniVersion: "0.4.0",
  name: "pods",
  plugins: [
    {
      type: "bridge",
      bridge: `pods${number}`,
      isGateway: true,
      ipam: {
        type: "host-local",
        dataDir: join(folder, "addresses"),
        ranges: [[{ subnet: `10.88.${number}.0/24` }]],
        routes: [{ dst: "0.0.0.0/0" }]
      }
    }
  ]
})

const kubeletSettings = (folder: string, number: number): object => ({
  apiVersion: "kubelet.config.k8s.io/v1beta1",
  kind: "KubeletConfiguration",
  failCgroupV1: false,
  failSwapOn: false,
  cgroupDriver: "cgroupfs",
  cgroupRoot: `/${groupOf(number)}`,
  containerRuntimeEndpoint: `unix://${folder}/containerd.sock`,
  authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
  authorization: { mode: "AlwaysAllow" },
  address: nodeAddress(number),
  healthzPort: 10_400 + number,
  resolvConf: "",
  podLogsDir: join(folder, "logs"),
  volumePluginDir: join(folder, "volume-plugins"),
  localStorageCapacityIsolation: false,
  evictionHard: { "memory.available": "100Mi" },
  imageGCHighThresholdPercent: 100,
  enforceNodeAllocatable: [],
  nodeStatusUpdateFrequency: "2s",
  syncFrequency: "10s"
})

/** A group of processes for the node's pods in each hierarchy, beside those of the machine and of other nodes. */
const makeGroups = (number: number): void => {
  const top = "/sys/fs/cgroup"
  const hierarchies = existsSync(join(top, "cgroup.controllers")) ? [""] : readdirSync(top)
  for (const name of hierarchies) {
    const [own, parent] = [join(top, name, groupOf(number)), join(top, name)]
    mkdirSync(own, { recursive: true })
    // As many shares as five programs beside the node would have.
    if (name === "cpu") writeFileSync(join(own, "cpu.shares"), String(5 * 1_024))
    if (name !== "cpuset") continue
    for (const file of ["cpuset.cpus", "cpuset.mems"])
      writeFileSync(join(own, file), readFileSync(join(parent, file)))
  }
}

const isReady = async (api: Api, name: string): Promise<boolean> => {
  const { status } = await api.get<{
    readonly status: {
      readonly conditions?: ReadonlyArray<{ readonly type: string; readonly status: string }>
    }
  }>(`/api/v1/nodes/${name}`)
  return status.conditions?.some((one) => one.type === "Ready" && one.status === "True") ?? false
}

/** Starts node `number` with the images of these archives; resolves when the API server calls it ready. */
export const startNode = async (
  api: Api,
  parent: string,
  number: number,
  archives: ReadonlyArray<string>
): Promise<Node> => {
  const name = `real-${number}`
  const folder = join(parent, name)
  for (const one of ["network", "kubelet", "logs"]) mkdirSync(join(folder, one), { recursive: true })
  writeFileSync(join(folder, "network", "10-pods.conflist"), JSON.stringify(networkSettings(folder, number)))
  writeFileSync(join(folder, "containerd.toml"), containerdSettings(folder))
  writeFileSync(join(folder, "kubelet.yaml"), JSON.stringify(kubeletSettings(folder, number)))
  makeGroups(number)
  const containerd = startLogged(folder, "containerd", "containerd", ["-c", join(folder, "containerd.toml")])
  const ctr = (args: ReadonlyArray<string>): Promise<string> =>
    output("ctr", ["-a", join(folder, "containerd.sock"), "-n", "k8s.io", ...args])
  await eventually("containerd answers", async () => (await ctr(["version"])) !== "", 60_000, 300).catch(
    (cause: unknown) => {
      throw new Error(`${String(cause)}\n${containerd.log()}`)
    }
  )
  for (const archive of archives) await ctr(["images", "import", archive])
  const kubelet = startLogged(folder, "kubelet", join(cache, "bin", "kubelet"), [
    ...[`--config=${join(folder, "kubelet.yaml")}`, `--kubeconfig=${api.kubeconfig}`],
    ...[`--hostname-override=${name}`, `--node-ip=${nodeAddress(number)}`],
    `--node-labels=topology.kubernetes.io/zone=zone-${number}`,
    ...[`--root-dir=${join(folder, "kubelet")}`, `--cert-dir=${join(folder, "certificates")}`]
  ])
  await eventually(`${name} is ready`, () => isReady(api, name), 180_000, 500).catch((cause: unknown) => {
    throw new Error(`${String(cause)}\n${kubelet.log()}`)
  })
  return {
    name,
    tag: async (from, to) => {
      await ctr(["images", "tag", from, to])
    },
    processOf: async (containerId) => {
      const tasks = await ctr(["tasks", "list"])
      return Number(new RegExp(`^${containerId}\\s+(\\d+)`, "m").exec(tasks)?.[1])
    }
  }
}
