/**
 * Containers of a rendering as processes of this machine: a folder stands for the pod's root, free ports for its own. The
 * servers and processes live until they are ended.
 */
import { type ChildProcess, execFileSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import type { Rendering } from "../../deploy/kubernetes/helm.ts"
import { containerNamed, textsOf } from "./chart-values.ts"
import { type Container, envOf, objectOf, secretFilesOf, type Workload } from "./kubernetes-objects.ts"
import { startProgram } from "./server.ts"

/** Writes a file below the root; returns its path. */
export const writeBelow = (root: string, path: string, text: string): string => {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

/** Starts the bundled Redis of a release with the passwords that `passwordOf` gives each user. */
export const startBundledRedis = async (
  rendering: Rendering,
  { release, root, port }: { readonly release: string; readonly root: string; readonly port: number },
  passwordOf: (user: string) => string
): Promise<ChildProcess> => {
  const here = (text: string): string =>
    text
      .replaceAll("/tmp/", `${root}/tmp/`)
      .replaceAll("/etc/redis", `${root}/etc/redis`)
      .replaceAll("dir /redis", `dir ${root}/redis`)
      .replaceAll("port 6379", `port ${port}`)
  const redis = objectOf<Workload>(rendering, "StatefulSet", `${release}-redis`)
  for (const [name, text] of Object.entries(textsOf(rendering, "ConfigMap", `${release}-redis`)))
    writeBelow(root, `etc/redis/${name}`, name === "redis.conf" ? here(text) : text)
  const passwords = redis.spec.template.spec.volumes?.find(({ name }) => name === "redis-secret")
  for (const { path } of passwords?.secret?.items ?? [])
    writeBelow(root, `etc/redis-secret/${path}`, passwordOf(path))
  for (const folder of ["tmp", "redis"]) mkdirSync(join(root, folder), { recursive: true })
  const [shell = "sh", flag = "-ec", script = ""] = containerNamed(redis, "redis").command ?? []
  return startProgram(shell, [flag, here(script)], { ready: /Ready to accept connections/ })
}

/** What redis-cli answers to a command of that user. */
export const askRedis = (
  port: number,
  [user, password]: readonly [user: string, password: string],
  ...command: ReadonlyArray<string>
): string => {
  const login = ["-p", String(port), "--no-auth-warning", "--user", user, "--pass", password]
  return execFileSync("redis-cli", [...login, ...command], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"]
  }).trim()
}

/** Starts the bundled NATS of a release on these ports, with the passwords of its Secret. */
export const startBundledNats = async (
  rendering: Rendering,
  place: { readonly release: string; readonly root: string; readonly port: number; readonly monitor: number }
): Promise<ChildProcess> => {
  const { release, root, port, monitor } = place
  const secret = textsOf(rendering, "Secret", `${release}-secrets`)
  for (const [name, text] of Object.entries(textsOf(rendering, "ConfigMap", `${release}-nats`))) {
    const own = text
      .replace("port: 4222", `port: ${port}`)
      .replace("http: 8222", `http: ${monitor}`)
      .replace("/tmp/nats.pid", `${root}/nats.pid`)
    writeBelow(root, `etc/nats/${name}`, own)
  }
  const nats = objectOf<Workload>(rendering, "StatefulSet", `${release}-nats`)
  const given = containerNamed(nats, "nats").env?.flatMap(({ name, valueFrom }) => {
    const key = valueFrom?.secretKeyRef?.key
    return key === undefined ? [] : [[name, secret[key]] as const]
  })
  return startProgram("nats-server", ["--config", `${root}/etc/nats/nats.conf`], {
    ready: /Server is ready/,
    env: { ...Object.fromEntries(given ?? []), POD_NAME: "nats-0" }
  })
}

/** The environment of a container, its secret files written below the root with each host replaced by another. */
export const environmentOf = (
  rendering: Rendering,
  { workload, container }: { readonly workload: Workload; readonly container: Container },
  root: string,
  hosts: Readonly<Record<string, string>>
): Record<string, string> => {
  const here = (text: string): string =>
    Object.entries(hosts).reduce((before, [host, other]) => before.replaceAll(host, other), text)
  const files = Object.entries(secretFilesOf(workload, container)).map(([name, from]) => {
    const [secret = "", key = ""] = from.split("/")
    const text = textsOf(rendering, "Secret", secret)[key] ?? ""
    return [`${name}_FILE`, writeBelow(root, `secrets/${container.name}/${name}`, `${here(text)}\n`)] as const
  })
  const plain = Object.entries(envOf(container)).map(([name, value]) => [name, here(value)] as const)
  return { ...Object.fromEntries(plain), ...Object.fromEntries(files) }
}
