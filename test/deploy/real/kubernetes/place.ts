/**
 * Where the cluster's programs and files are. Everything runs in namespaces of its own (network, processes, mounts), which
 * enter.sh makes: its ports collide with nobody's, it reaches nothing outside, and all of it ends with the command.
 */
import { spawn } from "node:child_process"
import { mkdirSync, openSync, readFileSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { diesWithUs } from "../../../support/dies-with-us.ts"

/** The folder of build.sh. */
export const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "spoor", "kubernetes")

/** A program of build.sh. */
export const built = (name: string): string => join(cache, "bin", name)

/** Addresses that enter.sh gives the machine: of the API server and of what the test serves, and one for each node. */
export const hostAddress = "198.51.100.1"
export const nodeAddress = (node: number): string => `198.51.100.${2 + node}`

/** A program that runs until it is stopped, its output in <folder>/<name>.log. */
export interface Running {
  /** The last lines of its output, for an error. */
  readonly log: () => string
  /** Ends it (SIGTERM) and waits for it. */
  readonly stop: () => Promise<void>
}

/**
 * Starts a program; it is killed when this process ends. It has a session of its own, because the kernel shares the cores by
 * sessions: on a busy machine the API server and the kubelets would otherwise share what one program gets.
 */
export const startLogged = (
  folder: string,
  name: string,
  command: string,
  args: ReadonlyArray<string>,
  env: Readonly<Record<string, string>> = {}
): Running => {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${name}.log`)
  const out = openSync(file, "a")
  const child = diesWithUs(
    spawn(command, [...args], {
      cwd: folder,
      detached: true,
      env: { ...process.env, ...env },
      stdio: ["ignore", out, out]
    })
  )
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  child.once("error", (cause) => process.stderr.write(`${name}: ${cause.message}\n`))
  return {
    log: () => readFileSync(file, "utf8").split("\n").slice(-15).join("\n"),
    stop: async () => {
      child.kill("SIGTERM")
      await ended
    }
  }
}
