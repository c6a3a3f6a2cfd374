/** Rules in the chart: the file, its variables and its secrets reach those that read rules, and nobody else. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { actorNames } from "../../actors/all.ts"
import { deployment, specOf, textsOf } from "../support/chart-values.ts"
import { hasHelm, renderAll } from "../support/helm.ts"
import {
  containersOf,
  envOf,
  type NetworkPolicy,
  objectOf,
  secretFilesOf,
  type Workload
} from "../support/kubernetes-objects.ts"

const rules = readFileSync(join(import.meta.dirname, "..", "..", "deploy", "rules", "storage.yaml"), "utf8")
const reactions = {
  rules,
  vars: { STORAGE: "https://storage.example", STORAGE_USER: "spoor" },
  secrets: { STORAGE_PASSWORD: { secret: "storage-login", key: "password" } }
}
const [distributed, single, none, notifying, unknown] = await renderAll([
  {
    values: {
      reactions,
      secrets: { settings: { WEBHOOK_SECRET: { secret: "own", key: "webhook" } } },
      networkPolicy: { targets: { ports: [443, 3000], to: [{ ipBlock: { cidr: "10.1.0.0/16" } }] } }
    }
  },
  { values: { mode: "single", reactions } },
  {},
  {
    values: {
      actors: { notifier: { enabled: true } },
      networkPolicy: { notifierFrom: [{ podSelector: { matchLabels: { app: "storage" } } }] }
    }
  },
  { values: { reactions: { secrets: { STORAGE_PASSWORD: { key: "password" } } } } }
])

type Given = typeof distributed
const rendered = (one: Given): NonNullable<Given> => {
  if (one === undefined || one.error !== null) throw new Error(one?.error ?? "no Helm")
  return one
}

/** What a pod has of rules: the variables of its environment, the files of secrets, where the rules are mounted. */
const rulesOf = (workload: Workload) => {
  const [container] = containersOf(workload)
  if (container === undefined) throw new Error("The pod has no container.")
  const env = Object.entries(envOf(container)).filter(([name]) => name.startsWith("RULES"))
  const files = Object.entries(secretFilesOf(workload, container)).filter(([name]) =>
    name.startsWith("RULES")
  )
  const mount = container.volumeMounts.find(({ name }) => name === "rules")?.mountPath
  const map = workload.spec.template.spec.volumes?.find(({ name }) => name === "rules")?.configMap?.name
  return { env: Object.fromEntries(env), files: Object.fromEntries(files), mount, map }
}
const all = {
  env: {
    RULES: "/etc/spoor/rules/rules.yaml",
    RULES_VAR_STORAGE: "https://storage.example",
    RULES_VAR_STORAGE_USER: "spoor",
    RULES_SECRET_STORAGE_PASSWORD_FILE: "/etc/spoor/secrets/RULES_SECRET_STORAGE_PASSWORD"
  },
  files: { RULES_SECRET_STORAGE_PASSWORD: "storage-login/password" },
  mount: "/etc/spoor/rules",
  map: "spoor-rules"
}
const nothing = { env: {}, files: {}, mount: undefined, map: undefined }
const { RULES: _, ...variables } = all.env
/** The deliverer has the steps of a rule in each delivery: it needs no rules, but their variables and secrets. */
const expectedOf: Readonly<Record<string, object>> = {
  reactor: all,
  viewer: all,
  deliverer: { ...nothing, env: variables, files: all.files }
}
const standard = actorNames.filter((name) =>
  none?.objects.some(({ kind, metadata }) => kind === "Deployment" && metadata.name === `spoor-${name}`)
)

describe.skipIf(!hasHelm)("rules", () => {
  test("are a ConfigMap with the file as it is", () => {
    expect(textsOf(rendered(distributed), "ConfigMap", "spoor-rules")["rules.yaml"]?.trim()).toBe(
      rules.trim()
    )
    expect(none?.objects.some(({ metadata }) => metadata.name === "spoor-rules")).toBe(false)
  })

  test("reach those that read them, with variables and secrets, and nobody else", () => {
    expect(standard.length).toBeGreaterThan(8)
    for (const name of standard) {
      const found = rulesOf(deployment(rendered(distributed), `spoor-${name}`))
      expect([name, found] as unknown).toEqual([name, expectedOf[name] ?? nothing])
      expect([name, rulesOf(deployment(rendered(none), `spoor-${name}`))]).toEqual([name, nothing])
    }
    expect(rulesOf(objectOf<Workload>(rendered(single), "StatefulSet", "spoor-single"))).toEqual(all)
  })

  test("the key of signatures is the deliverer's alone", () => {
    const holders = standard.filter((name) => {
      const workload = deployment(rendered(distributed), `spoor-${name}`)
      return containersOf(workload).some((one) => "WEBHOOK_SECRET" in secretFilesOf(workload, one))
    })
    expect(holders).toEqual(["deliverer"])
  })

  test("the deliverer is let out to the targets that are named; by default to any on ports 80 and 443", () => {
    const lastOf = (one: Given, name: string) =>
      objectOf<NetworkPolicy>(rendered(one), "NetworkPolicy", `spoor-${name}`).spec.egress?.at(-1)
    const ports = (...numbers: ReadonlyArray<number>) => numbers.map((port) => ({ protocol: "TCP", port }))
    expect(lastOf(distributed, "deliverer")).toEqual({
      ports: ports(443, 3000),
      to: [{ ipBlock: { cidr: "10.1.0.0/16" } }]
    } as never)
    expect(lastOf(none, "deliverer")).toEqual({ ports: ports(80, 443) })
    expect(lastOf(single, "single")).toEqual({ ports: ports(80, 443) })
    expect(lastOf(none, "reactor")?.ports?.map(({ port }) => port)).not.toContain(443)
  })

  test("a notifier has a Service, a password, and the clients that are named", () => {
    const workload = deployment(rendered(notifying), "spoor-notifier")
    const [container] = containersOf(workload)
    expect(secretFilesOf(workload, container as never)).toMatchObject({
      NOTIFIER_PASSWORD: "spoor-secrets/notifier-password"
    })
    expect(container?.ports).toContainEqual({ name: "notifier", containerPort: 5041 })
    expect(textsOf(rendered(notifying), "Secret", "spoor-secrets")["notifier-password"]).toMatch(/^p\w{31}$/)
    expect(specOf(rendered(notifying), "Service", "spoor-notifier")).toMatchObject({
      ports: [{ port: 5041, targetPort: "notifier" }]
    })
    const policy = objectOf<NetworkPolicy>(rendered(notifying), "NetworkPolicy", "spoor-notifier")
    expect(policy.spec.ingress?.at(-1) as unknown).toEqual({
      ports: [{ protocol: "TCP", port: 5041 }],
      from: [{ podSelector: { matchLabels: { app: "storage" } } }]
    })
    expect(none?.objects.some(({ metadata }) => metadata.name === "spoor-notifier")).toBe(false)
  })

  test("a secret that the chart's own Secret does not hold is refused with a sentence", () => {
    expect(unknown?.error).toContain("Name a Secret of your own in reactions.secrets.STORAGE_PASSWORD.secret")
  })
})
