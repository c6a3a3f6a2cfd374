/**
 * A control plane as clusters have it: etcd, kube-apiserver, kube-controller-manager and kube-scheduler. It lives until this
 * process ends. Nodes are added by fake-nodes.ts or node.ts.
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { eventually } from "../../../support/eventually.ts"
import { type Api, makeApi, server, token } from "./api.ts"
import { built, hostAddress, type Running, startLogged } from "./place.ts"

export interface ControlPlane {
  readonly api: Api
  readonly folder: string
  /** How long it took until the API server was ready. */
  readonly seconds: number
}

const etcd = (folder: string): Running =>
  startLogged(folder, "etcd", built("etcd"), [
    ...["--data-dir", join(folder, "etcd"), "--unsafe-no-fsync"],
    ...["--listen-client-urls", "http://127.0.0.1:2379", "--advertise-client-urls", "http://127.0.0.1:2379"],
    ...["--listen-peer-urls", "http://127.0.0.1:2380"]
  ])

const apiServer = (folder: string, certificate: { readonly cert: string; readonly key: string }): Running => {
  const key = join(folder, "service-accounts.key")
  execFileSync("openssl", ["genrsa", "-out", key, "2048"], { stdio: "ignore" })
  writeFileSync(join(folder, "tokens.csv"), `${token},administrator,1,system:masters\n`)
  return startLogged(folder, "kube-apiserver", built("kube-apiserver"), [
    ...["--etcd-servers=http://127.0.0.1:2379", "--bind-address=127.0.0.1", "--secure-port=6443"],
    ...[`--advertise-address=${hostAddress}`, "--service-cluster-ip-range=198.51.100.128/25"],
    ...[`--tls-cert-file=${certificate.cert}`, `--tls-private-key-file=${certificate.key}`],
    ...[`--service-account-key-file=${key}`, `--service-account-signing-key-file=${key}`],
    "--service-account-issuer=https://kubernetes.default.svc",
    ...["--authorization-mode=Node,RBAC", `--token-auth-file=${join(folder, "tokens.csv")}`],
    "--kubelet-preferred-address-types=InternalIP",
    // Without kube-proxy, an API of the test's own is reached at its endpoint instead of its Service's address.
    "--enable-aggregator-routing=true"
  ])
}

/** Starts it, with its files in `folder`. The autoscaler looks every 2 s instead of every 15 s, and believes new pods. */
export const startControlPlane = async (
  folder: string,
  certificate: { readonly cert: string; readonly key: string }
): Promise<ControlPlane> => {
  mkdirSync(folder, { recursive: true })
  const from = performance.now()
  const api = makeApi(folder, certificate.cert)
  etcd(folder)
  const apiserver = apiServer(folder, certificate)
  const isReady = async (): Promise<boolean> =>
    (await fetch(`${server}/readyz`, { headers: { authorization: `Bearer ${token}` } })).ok
  await eventually("the API server is ready", isReady, 180_000, 300).catch((cause: unknown) => {
    throw new Error(`${String(cause)}\n${apiserver.log()}`)
  })
  const kubeconfig = `--kubeconfig=${api.kubeconfig}`
  startLogged(folder, "kube-controller-manager", built("kube-controller-manager"), [
    ...[
      kubeconfig,
      "--leader-elect=false",
      "--bind-address=127.0.0.1",
      "--use-service-account-credentials=false"
    ],
    `--service-account-private-key-file=${join(folder, "service-accounts.key")}`,
    ...[
      "--horizontal-pod-autoscaler-sync-period=2s",
      "--horizontal-pod-autoscaler-initial-readiness-delay=1s"
    ],
    "--horizontal-pod-autoscaler-cpu-initialization-period=1s"
  ])
  startLogged(folder, "kube-scheduler", built("kube-scheduler"), [
    ...[kubeconfig, "--leader-elect=false", "--bind-address=127.0.0.1"]
  ])
  return { api, folder, seconds: (performance.now() - from) / 1_000 }
}
