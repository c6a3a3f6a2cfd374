/**
 * The checks of `bun run deploy-test kubernetes`, run inside the namespaces of enter.sh: inside.ts <request file>. Writes the
 * checks to the file that the request names and ends with everything that it started.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Check } from "../results.ts"
import {
  applyDefinitions,
  budgets,
  drains,
  installs,
  makeNamespace,
  upgrades,
  validates,
  withoutHelm
} from "./chart-checks.ts"
import { startControlPlane } from "./control-plane.ts"
import { startFakeNodes } from "./fake-nodes.ts"
import { keepLogs } from "./kept-logs.ts"
import { makeLoad } from "./load.ts"
import { serveMetrics } from "./metrics-api.ts"
import { startNode } from "./node.ts"
import { goesThrough, namespace, troubles } from "./pod-checks.ts"
import { releaseIn } from "./release.ts"
import { scales, scalingValues, scripted } from "./scaling-checks.ts"
import { startServers } from "./servers.ts"

/** What kubernetes.ts hands over. */
export interface Request {
  /** A folder for everything that the cluster writes. */
  readonly folder: string
  readonly certificate: { readonly cert: string; readonly key: string }
  /** Archives of the images that the nodes run (archive.ts). */
  readonly archives: ReadonlyArray<string>
  /** Python with Helm's library. */
  readonly python: string
  /** Which parts to run: chart, pods. */
  readonly parts: ReadonlyArray<string>
  /** Where the checks go. */
  readonly answer: string
}

const request = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Request
const { folder, certificate, archives, python, parts, answer } = request
const checks: Array<Check> = []

const note = (...found: ReadonlyArray<Check>): void => {
  checks.push(...found)
  for (const { name, passed, proof } of found)
    process.stderr.write(`${passed ? "ok  " : "FAIL"} ${name}: ${proof}\n`)
  writeFileSync(answer, JSON.stringify(checks))
}

/** A check that throws is a failed one, and the next are still made. */
const attempt = async (name: string, run: () => Promise<Check | ReadonlyArray<Check>>): Promise<void> => {
  try {
    note(...[await run()].flat())
  } catch (cause) {
    note({ name, passed: false, proof: String(cause).slice(0, 500) })
  }
}

const plane = await startControlPlane(join(folder, "control-plane"), certificate)
const { api } = plane
const { gitVersion } = await api.get<{ readonly gitVersion: string }>("/version")

if (parts.includes("chart")) {
  const nodes = 3
  const kwok = await startFakeNodes(api, plane.folder, nodes)
  await applyDefinitions(api)
  note({
    name: "a control plane starts, with fake nodes in three zones",
    passed: true,
    proof: `${gitVersion}, ready after ${plane.seconds.toFixed(0)} s`
  })
  await attempt("validation", () => validates(api, python))
  await attempt("installation", () => installs(api, python))
  await attempt("kubectl apply", () => withoutHelm(api))
  const release = releaseIn(api, python, "upgraded")
  await makeNamespace(api, release.namespace)
  await release.install({})
  await attempt("upgrade", () => upgrades(api, release))
  await attempt("drain", () => drains(api, release.namespace, nodes))
  await attempt("budgets", () => budgets(api, release.namespace))
  await release.uninstall()
  const scaled = releaseIn(api, python, "scaled")
  await makeNamespace(api, scaled.namespace)
  await serveMetrics(api, certificate, scripted)
  await scaled.install(scalingValues)
  await attempt("scaling", () => scales(api, scaled))
  await scaled.uninstall()
  await kwok.stop()
  await api.kubectl(["delete", "node", "--all"])
}

if (parts.includes("pods")) {
  const servers = await startServers()
  const nodes = await Promise.all([0, 1].map((number) => startNode(api, folder, number, archives)))
  const release = releaseIn(api, python, namespace, 300)
  const cluster = { api, release, nodes, servers, load: makeLoad(api, namespace), logs: keepLogs(folder) }
  await attempt("installation", () => goesThrough(cluster))
  for (const trouble of troubles(cluster)) await attempt("trouble", trouble)
  await release.uninstall().catch(() => {})
}
process.exit(0)
