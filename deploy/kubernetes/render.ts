/**
 * Writes what is made from other files, `npm run kubernetes-render`: deploy/kubernetes/topics.yaml and spoor.yaml from the
 * chart, and the chart's own copies of server configurations, alerts and dashboards. A test checks that they are current.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { basename, dirname, join } from "node:path"
import { chart, pythonWithHelm, type Rendering, render } from "./helm.ts"

const deploy = join(import.meta.dirname, "..")
export const values = join(import.meta.dirname, "values.yaml")

/** In which order the objects stand: as Helm installs them. */
const order = [
  "NetworkPolicy",
  "PodDisruptionBudget",
  "ServiceAccount",
  "Secret",
  "ConfigMap",
  "Service",
  "StatefulSet",
  "Deployment",
  "HorizontalPodAutoscaler",
  "Job"
]

const header = (sentence: string): string =>
  [
    `# ${sentence}`,
    "# Made by `npm run kubernetes-render` from the chart in deploy/helm/spoor: change that, not this file.",
    ""
  ].join("\n")

/** A document without what only Helm reads, and without empty lines. */
const withoutHelm = (document: string): string =>
  document
    .replaceAll(/\n +annotations:(\n +helm\.sh\/hook.*)+/g, "")
    .replaceAll(/\n +helm\.sh\/chart:.*/g, "")
    .replaceAll("app.kubernetes.io/managed-by: Helm", "app.kubernetes.io/managed-by: kubectl")
    .replaceAll(/\n\s*\n/g, "\n")
    .trim()

/** The documents of these templates, in the order of their kinds. */
const documentsOf = (texts: ReadonlyArray<readonly [template: string, text: string]>): string => {
  const rank = (document: string): number => order.indexOf(/^kind: (\w+)/m.exec(document)?.[1] ?? "")
  return texts
    .flatMap(([, text]) => text.split(/^---$/m))
    .filter((document) => document.trim() !== "")
    .toSorted((a, b) => rank(a) - rank(b))
    .map((document) => `---\n${withoutHelm(document)}\n`)
    .join("")
}

/** The files for kubectl, by name. */
export const manifestsOf = ({ texts }: Rendering): Readonly<Record<string, string>> => {
  const templates = Object.entries(texts).filter(([template]) => template.endsWith(".yaml"))
  const isOfTopics = ([template]: readonly [string, string]): boolean => template === "topics-job.yaml"
  return {
    "topics.yaml":
      header("Makes the Kafka topics. Apply it before spoor.yaml: bridges make missing topics otherwise.") +
      documentsOf(templates.filter(isOfTopics)),
    "spoor.yaml":
      header(
        "Spoor for kubectl: each actor a Deployment, Redis and NATS. README.md beside the chart says how."
      ) + documentsOf(templates.filter((one) => !isOfTopics(one)))
  }
}

/** Files that the chart holds a copy of, since it can read only its own: from the folder `deploy` to the chart's. */
export const copies = (): ReadonlyArray<readonly [from: string, to: string]> => {
  const dashboards = join(deploy, "grafana", "dashboards")
  const boards = existsSync(dashboards)
    ? readdirSync(dashboards).filter((name) => name.endsWith(".json"))
    : []
  const pairs = [
    ["nats/spoor.conf", "nats.conf"],
    ["redis/users.acl", "users.acl"],
    ["prometheus/alerts.yaml", "alerts.yaml"],
    ...boards.map((name) => [`grafana/dashboards/${name}`, `dashboards/${basename(name)}`])
  ]
  return pairs
    .map(([from = "", to = ""]) => [join(deploy, from), join(chart, "files", to)] as const)
    .filter(([from]) => existsSync(from))
}

if (import.meta.main) {
  const python = await pythonWithHelm()
  if (python === undefined)
    throw new Error("Python 3.10 or later with venv, and its registry, are needed to render.")
  rmSync(join(chart, "files", "dashboards"), { recursive: true, force: true })
  for (const [from, to] of copies()) {
    mkdirSync(dirname(to), { recursive: true })
    writeFileSync(to, readFileSync(from))
  }
  const [rendering] = await render(python, [{ file: values }])
  if (rendering === undefined || rendering.error !== null)
    throw new Error(rendering?.error ?? "Nothing was rendered.")
  for (const [name, text] of Object.entries(manifestsOf(rendering)))
    writeFileSync(join(import.meta.dirname, name), text)
}
