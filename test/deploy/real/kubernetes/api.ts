/** The API server of the test's cluster: kubectl for what a person does, plain requests for what a test watches. */
import { spawn } from "node:child_process"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { KubernetesObject } from "../../../../deploy/kubernetes/helm.ts"
import { built } from "./place.ts"

export const server = "https://127.0.0.1:6443"
export const token = "of-the-administrator"

export interface Api {
  readonly kubeconfig: string
  /** What kubectl prints; rejects with its errors. */
  readonly kubectl: (args: ReadonlyArray<string>, input?: string, seconds?: number) => Promise<string>
  /** Applies objects as kubectl does. */
  readonly apply: (objects: ReadonlyArray<object>) => Promise<string>
  /** The answer to a GET of that path. */
  readonly get: <A>(path: string) => Promise<A>
  /** The objects behind a path of a list. */
  readonly list: <A = KubernetesObject>(path: string) => Promise<ReadonlyArray<A>>
}

/** Runs a program and returns its output; rejects with what it writes to standard error, or after `seconds`. */
export const output = (
  command: string,
  args: ReadonlyArray<string>,
  input = "",
  seconds = 120
): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, [...args], { stdio: ["pipe", "pipe", "pipe"] })
    const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1_000)
    let [text, errors] = ["", ""]
    child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()))
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()))
    child.once("error", reject)
    child.once("close", (code) => {
      clearTimeout(timer)
      if (code === 0) return resolve(text.trimEnd())
      const what = [command.split("/").at(-1), ...args.filter((one) => !one.startsWith("--kubeconfig"))]
      reject(new Error(`${what.join(" ").slice(0, 120)}: ${(errors.trim() || text).slice(-1_500)}`))
    })
    child.stdin.on("error", () => {})
    child.stdin.end(input)
  })

/** `certificate` is the API server's own, which signs itself; this process must trust it (NODE_EXTRA_CA_CERTS). */
export const makeApi = (folder: string, certificate: string): Api => {
  const kubeconfig = join(folder, "kubeconfig")
  const named = (kind: string, value: object) => [{ name: "test", [kind]: value }]
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      apiVersion: "v1",
      kind: "Config",
      clusters: named("cluster", { server, "certificate-authority": certificate }),
      users: named("user", { token }),
      contexts: named("context", { cluster: "test", user: "test" }),
      "current-context": "test"
    })
  )
  const kubectl: Api["kubectl"] = (args, input, seconds) =>
    output(built("kubectl"), [`--kubeconfig=${kubeconfig}`, ...args], input, seconds)
  const get = async <A>(path: string): Promise<A> => {
    const answer = await fetch(`${server}${path}`, { headers: { authorization: `Bearer ${token}` } })
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status} ${(await answer.text()).slice(0, 300)}`)
    return (await answer.json()) as A
  }
  return {
    kubeconfig,
    kubectl,
    apply: (objects) =>
      kubectl(
        ["apply", "--server-side", "--force-conflicts", "-f", "-"],
        JSON.stringify({ apiVersion: "v1", kind: "List", items: objects })
      ),
    get,
    list: async (path) => (await get<{ readonly items: ReadonlyArray<never> }>(path)).items
  }
}
