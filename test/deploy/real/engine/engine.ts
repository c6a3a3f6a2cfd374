/**
 * A Docker engine of the tests' own, for machines where none answers: `dockerd` with its data in the cache. It lives from
 * `startEngine` to `stop`. One kind shares the network of this machine and can build; the other has a network
 * namespace of its own without a way out, in which compose can create networks.
 */
import { spawn } from "node:child_process"
import { existsSync, openSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { eventually } from "../../../support/eventually.ts"
import { cacheFolder, run } from "./cache.ts"
import type { Programs } from "./programs.ts"

export interface Engine {
  /** For DOCKER_HOST. */
  readonly host: string
  readonly stop: () => Promise<void>
}

const namespace = "spoor-deploy-test"

/** `build`: the network of this machine, nothing changed in it; `run`: a namespace of its own. */
export type Kind = "build" | "run"

const optionsOf: Readonly<Record<Kind, ReadonlyArray<string>>> = {
  build: ["--iptables=false", "--ip6tables=false", "--bridge=none", "--ip-forward=false", "--ip-masq=false"],
  run: []
}

const answers = (host: string): Promise<boolean> =>
  run("docker", ["--host", host, "version"]).then(
    () => true,
    () => false
  )

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const enterNamespace = async (): Promise<ReadonlyArray<string>> => {
  if (!existsSync(`/run/netns/${namespace}`)) await run("ip", ["netns", "add", namespace])
  await run("ip", ["-n", namespace, "link", "set", "lo", "up"])
  // Not `ip netns exec`: it hides the control groups.
  return ["nsenter", `--net=/run/netns/${namespace}`]
}

/** Starts it, or takes over the one that an interrupted run left. */
export const startEngine = async (kind: Kind, { dockerd, path }: Programs): Promise<Engine> => {
  const folder = cacheFolder("engines", kind)
  const host = `unix://${join(folder, "docker.sock")}`
  const pidFile = join(folder, "dockerd.pid")
  if (!(await answers(host))) {
    const prefix = kind === "run" ? await enterNamespace() : []
    const args = [
      ...["--host", host, "--data-root", join(folder, "data"), "--exec-root", join(folder, "exec")],
      ...["--pidfile", pidFile, "--storage-driver", "overlay2", ...optionsOf[kind]]
    ]
    const log = openSync(join(folder, "log"), "w")
    const [program = dockerd, ...rest] = [...prefix, dockerd, ...args]
    const child = spawn(program, rest, {
      detached: true,
      stdio: ["ignore", log, log],
      env: { ...process.env, PATH: path }
    })
    child.unref()
    await eventually("the Docker engine of the test answers", () => answers(host), 60_000, 300).catch(
      (cause: unknown) => {
        throw new Error(readFileSync(join(folder, "log"), "utf8").slice(-1_500), { cause })
      }
    )
  }
  return {
    host,
    stop: async () => {
      const pid = Number(readFileSync(pidFile, "utf8"))
      process.kill(pid, "SIGTERM")
      await eventually("the Docker engine of the test has ended", () => !isAlive(pid), 60_000, 200)
      if (kind === "run") await run("ip", ["netns", "del", namespace])
    }
  }
}
