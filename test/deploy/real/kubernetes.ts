/**
 * `bun run deploy-test kubernetes`: the chart on a Kubernetes of the test's own, whose programs are built from their
 * published sources into the user's cache folder the first time. Two parts: the chart on a real control plane with fake
 * nodes, and Spoor as pods on real kubelets with containerd, under load. Needs root on Linux.
 */
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pythonWithHelm } from "../../../deploy/kubernetes/helm.ts"
import { makeCertificate } from "../../support/certificate.ts"
import { diesWithUs } from "../../support/dies-with-us.ts"
import { hasProgram } from "../../support/server.ts"
import { pauseArchive, spoorArchive } from "./kubernetes/archive.ts"
import type { Request } from "./kubernetes/inside.ts"
import { cache } from "./kubernetes/place.ts"
import type { Check } from "./results.ts"

const here = join(import.meta.dirname, "kubernetes")

/** Runs a program with its output shown; its exit code. */
const shown = (
  command: string,
  args: ReadonlyArray<string>,
  env: Record<string, string> = {}
): Promise<number> =>
  new Promise((resolve, reject) => {
    const child = diesWithUs(
      spawn(command, [...args], { stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...env } })
    )
    child.once("error", reject)
    child.once("exit", (code) => resolve(code ?? 1))
  })

/** Ends the run with one sentence. */
const refuse = (sentence: string): never => {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

/** Every check, in order. The words behind `kubernetes` choose a part: chart or pods; without, both. */
export const kubernetes = async (): Promise<ReadonlyArray<Check>> => {
  if (process.getuid?.() !== 0) refuse("A Kubernetes of its own needs root: run this as root, on Linux.")
  for (const [program, found] of [
    ["containerd", "containerd"],
    ["runc", "runc"],
    ["kcat", "kcat"]
  ] as const)
    if (!hasProgram(program, [program === "kcat" ? "-V" : "--version"]))
      refuse(`${program} is missing: install the package ${found}.`)
  const python = await pythonWithHelm()
  if (python === undefined) return refuse("Helm is missing: install Python 3.10 or later with venv.")
  if ((await shown("bash", [join(here, "build.sh"), cache])) !== 0) process.exit(1)
  const folder = mkdtempSync(join(tmpdir(), "spoor-kubernetes-"))
  const certificate = makeCertificate()
  const [given, answer] = [join(folder, "request.json"), join(folder, "checks.json")]
  const named = process.argv.slice(3)
  const parts = named.length === 0 ? ["chart", "pods"] : named
  const own = (name: string): string => join(folder, name)
  const request: Request = {
    ...{ folder, certificate, python, answer, parts },
    archives: parts.includes("pods") ? [pauseArchive(own("pause")), spoorArchive(own("spoor"), "a")] : []
  }
  writeFileSync(given, JSON.stringify(request))
  const command = [process.execPath, join(here, "inside.ts"), given]
  const code = await shown("bash", [join(here, "enter.sh"), ...command], {
    NODE_EXTRA_CA_CERTS: certificate.cert
  })
  const checks = existsSync(answer) ? (JSON.parse(readFileSync(answer, "utf8")) as ReadonlyArray<Check>) : []
  if (code === 0) rmSync(folder, { recursive: true, force: true })
  else process.stderr.write(`The cluster ended with ${code}; its logs are in ${folder}.\n`)
  return code === 0
    ? checks
    : [...checks, { name: "the cluster ends in order", passed: false, proof: `exit code ${code}` }]
}
