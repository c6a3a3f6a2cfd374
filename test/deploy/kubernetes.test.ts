/** What people without Helm apply is current and complete: spoor.yaml, topics.yaml, the Secret, and the examples. */
import { describe, expect, test } from "bun:test"
import { execFileSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { manifestsOf, values } from "../../deploy/kubernetes/render.ts"
import { hasHelm, renderAll } from "../support/helm.ts"
import { secretKeysOf, workloadsOf } from "../support/kubernetes-objects.ts"

const folder = join(import.meta.dirname, "..", "..", "deploy", "kubernetes")
const [rendering] = await renderAll([{ file: values }])

describe.skipIf(!hasHelm)("manifests for kubectl", () => {
  for (const name of ["spoor.yaml", "topics.yaml"])
    test(`${name} is current: npm run kubernetes-render`, () => {
      const path = join(folder, name)
      const made = rendering === undefined ? {} : manifestsOf(rendering)
      expect(existsSync(path) ? readFileSync(path, "utf8") : "").toBe(made[name] ?? "no Helm")
    })

  test("have nothing of Helm's in them", () => {
    for (const name of ["spoor.yaml", "topics.yaml"])
      expect(readFileSync(join(folder, name), "utf8")).not.toMatch(/helm\.sh|: Helm/)
  })

  test("make-secret.sh makes every key that they mount, with passwords of its own each time", () => {
    const made = () => execFileSync("sh", [join(folder, "make-secret.sh")], { encoding: "utf8" })
    const text = made()
    const keys = new Set(Array.from(text.matchAll(/^ {2}([\w-]+): "/gm), ([, key]) => `spoor-secrets/${key}`))
    const needed = rendering === undefined ? [] : workloadsOf(rendering).flatMap(secretKeysOf)
    expect(needed.length).toBeGreaterThan(10)
    expect(needed.filter((key) => !keys.has(key))).toEqual([])
    expect(text).toContain("  name: spoor-secrets\n")
    expect(made()).not.toBe(text)
  })
})

describe.skipIf(!hasHelm)("examples", async () => {
  const names = readdirSync(join(folder, "examples"))
  const ofValues = names.filter((name) => name.endsWith("values.yaml") && !name.startsWith("nats"))
  const rendered = await renderAll(
    ofValues.map((name) => ({ file: join(folder, "examples", name) })),
    true
  )

  test("there are values for Strimzi", () => {
    expect(ofValues).toContain("strimzi-values.yaml")
  })

  for (const [i, name] of ofValues.entries())
    test(`${name}: the chart takes them`, () => {
      const { error, lint, invalid } = rendered[i] ?? {}
      expect({ error, lint, invalid }).toEqual({ error: null, lint: [], invalid: [] })
    })

  test("the adapter serves every series that the chart scales by", async () => {
    const text = readFileSync(join(folder, "examples", "prometheus-adapter-rules.yaml"), "utf8")
    const served = Array.from(text.matchAll(/name: \{ as: (\w+) \}/g), ([, name]) => name)
    const [scaled] = await renderAll([{ values: { autoscaling: { backlog: "hpa" } } }])
    const asked = Array.from(
      JSON.stringify(scaled?.objects).matchAll(/"metric":\{"name":"(\w+)"/g),
      ([, name]) => name
    )
    expect([...new Set(asked)].toSorted()).toEqual(served.toSorted())
  })

  test("Strimzi has a user for each that the actors log in as, and the topics of the chart", () => {
    const text = readFileSync(join(folder, "examples", "strimzi-kafka.yaml"), "utf8")
    const users = Array.from(
      text.matchAll(/kind: KafkaUser\nmetadata:\n {2}name: ([\w-]+)/g),
      ([, user]) => user
    )
    const own = rendered[ofValues.indexOf("strimzi-values.yaml")]
    const keys = own === undefined ? [] : workloadsOf(own).flatMap(secretKeysOf)
    const asked = keys.filter((key) => key.endsWith("/password")).map((key) => key.split("/")[0])
    expect([...new Set(asked)].toSorted()).toEqual(users.toSorted())
    const topic =
      /kind: KafkaTopic\nmetadata:\n {2}name: (\w+)[\s\S]*?partitions: (\d+)\n {2}replicas: (\d+)/.exec(text)
    expect(topic?.slice(1)).toEqual(["events", "12", "3"])
    expect(text).toContain("min.insync.replicas: 2")
  })
})
