/** The values of the chart: the schema knows each of them and no other, and what cannot work is refused with a sentence. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { YAML } from "bun"
import { chart } from "../../deploy/kubernetes/helm.ts"
import { hasHelm, renderAll } from "../support/helm.ts"

interface Schema {
  readonly $ref?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly definitions?: Readonly<Record<string, Schema>>
}

const schema = JSON.parse(readFileSync(join(chart, "values.schema.json"), "utf8")) as Schema
const values: unknown = YAML.parse(readFileSync(join(chart, "values.yaml"), "utf8"))

const resolved = (one: Schema): Schema =>
  one.$ref === undefined ? one : (schema.definitions?.[one.$ref.replace("#/definitions/", "")] ?? {})

/** Names in the schema that the values below `path` lack. `claims` of resources and `global` are Kubernetes' and Helm's. */
const lacking = (path: string, one: Schema, value: unknown): ReadonlyArray<string> =>
  Object.entries(resolved(one).properties ?? {}).flatMap(([name, next]) => {
    if (["claims", "global"].includes(name)) return []
    const below = typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined
    const own = path === "" ? name : `${path}.${name}`
    return below === undefined ? [own] : lacking(own, next, below)
  })

test("every name of the schema is in values.yaml, where it is described", () => {
  expect(lacking("", schema, values)).toEqual([])
})

/** Values that cannot work, with a part of what is said. */
const refused: ReadonlyArray<readonly [what: string, values: object, sentence: RegExp]> = [
  ["a misspelled value", { relpicas: 3 }, /additional properties 'relpicas' not allowed/],
  [
    "a misspelled value of an actor",
    { actors: { gateway: { replica: 3 } } },
    /additional properties 'replica' not allowed/
  ],
  ["an actor that is none", { actors: { gatway: {} } }, /additional properties 'gatway' not allowed/],
  ["a mode that is none", { mode: "clustered" }, /value must be one of 'distributed', 'sidecar', 'single'/],
  ["a setting that is a number", { settings: { OPS_PORT: 1 } }, /got number, want string/],
  ["two taps", { actors: { tap: { replicas: 2 } } }, /maximum: got 2, want 1/],
  [
    "a viewer exposed without a login",
    {
      ingress: { viewer: { enabled: true } },
      networkPolicy: { viewerFrom: [{}] },
      secrets: { settings: { VIEWER_PASSWORD: { key: "" } } }
    },
    /The viewer would be exposed without a login/
  ],
  [
    "a viewer exposed whose policy admits no client",
    { gatewayApi: { gateway: { create: true }, routes: { viewer: { enabled: true } } } },
    /its NetworkPolicy admits no client/
  ],
  [
    "a route without a Gateway",
    { gatewayApi: { routes: { gateway: { enabled: true } } } },
    /The HTTPRoute of the gateway has no Gateway/
  ],
  [
    "Redis of one's own without its address",
    { redis: { bundled: false } },
    /PROJECTIONS_URL of the actor [\w-]+ .* Name a Secret of your own|REDIS_URL of the actor/
  ],
  [
    "more replicas in sync than there are",
    { kafka: { replicationFactor: 1 } },
    /minInsyncReplicas is above kafka.replicationFactor/
  ],
  [
    "an attributor without clicks",
    { actors: { attributor: { enabled: true } } },
    /Add clicks to kafka.topics/
  ],
  [
    "no pods by HPA",
    { actors: { enricher: { autoscaling: { min: 0 } } }, autoscaling: { backlog: "hpa" } },
    /requires autoscaling.backlog: keda/
  ],
  [
    "no drainer, though drainers export the backlog",
    { actors: { drainer: { autoscaling: { min: 0 } } }, autoscaling: { backlog: "keda" } },
    /actors.drainer.autoscaling.min is 0, but its own pods export the series/
  ],
  [
    "no counter, though counters export their lag",
    { actors: { "event-counter": { autoscaling: { min: 0 } } }, autoscaling: { backlog: "keda" } },
    /actors.event-counter.autoscaling.min is 0, but its own pods/
  ],
  [
    "a minimum above the maximum",
    { actors: { bridge: { autoscaling: { min: 7 } } } },
    /actors.bridge.autoscaling.min is above its max/
  ]
]

describe.skipIf(!hasHelm)("values that cannot work are refused", async () => {
  const answers = await renderAll(refused.map(([, values]) => ({ values })))
  for (const [i, [what, , sentence]] of refused.entries()) {
    test(what, () => {
      expect(answers[i]?.error).toMatch(sentence)
    })
  }
})
