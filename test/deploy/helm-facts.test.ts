/**
 * What the chart says of the actors is what their code says: which there are, what each uses and reads, how long a drain
 * takes, which users NATS knows. So a new actor, service or setting shows here.
 */
import { describe, expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { ConfigProvider, Duration, Effect, Exit } from "effect"
import { actorNames as everyActor, loadActors } from "../../actors/all.ts"
import { settingsOf } from "../../actors/commands/help.ts"
import { drainDelay, drainTimeout, opsPort } from "../../actors/runtime/settings.ts"
import { readAll } from "../../contracts/setting.ts"
import { chart } from "../../deploy/kubernetes/helm.ts"
import { copies } from "../../deploy/kubernetes/render.ts"
import { hasHelm, renderAll } from "../support/helm.ts"
import {
  envOf,
  matches,
  type NetworkPolicy,
  objectOf,
  type PolicyRule,
  secretFilesOf,
  type Workload
} from "../support/kubernetes-objects.ts"

const values = join(import.meta.dirname, "values")
/** The forwarder runs on the boxes of edges, not in a cluster. */
const actorNames = everyActor.filter((name) => name !== "forwarder")
const actors = await loadActors(actorNames)
const optional = ["notifier", "attributor", "click-stats", "postback-stats", "sessions", "tap", "receiver"]
const withTap = {
  actors: Object.fromEntries(optional.map((name) => [name, { enabled: true }])),
  kafka: { topics: ["clicks"] }
}
const logins = [
  "KAFKA_USERNAME",
  "KAFKA_PASSWORD",
  "NATS_NKEY",
  "VIEWER_TOKEN",
  "WRITE_KEYS",
  "LINKS_SECRET",
  "LINKS_TOKEN",
  "WEBHOOK_SECRET",
  "NOTIFIER_PASSWORD",
  "VAPID_PRIVATE_KEY",
  "FCM_SERVICE_ACCOUNT",
  "EDGE_SECRET"
]
const telemetry = [
  "OTEL_EXPORTER_OTLP_HEADERS",
  "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
  "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
  "OTEL_EXPORTER_OTLP_LOGS_HEADERS"
]
const certificates = ["REDIS", "NATS", "KAFKA"].flatMap((one) => [`${one}_CA`, `${one}_CERT`, `${one}_KEY`])
const everySecret = {
  existingSecret: "own",
  settings: Object.fromEntries(
    [...logins, ...certificates, ...telemetry].map((name) => [name, { key: name }])
  )
}
const [plain, external, single, strict, tls] = await renderAll([
  { values: withTap },
  {
    values: {
      ...withTap,
      secrets: everySecret,
      gatewayTls: { secret: "tls" },
      nats: { credentials: { secret: "own" } }
    }
  },
  { file: join(values, "minimal.yaml") },
  { file: join(values, "hardened.yaml"), values: withTap },
  { file: join(values, "byo-tls.yaml"), values: withTap }
])

const deploymentOf = (rendering: typeof plain, name: string): Workload => {
  if (rendering === undefined || rendering.error !== null) throw new Error(rendering?.error ?? "no Helm")
  return objectOf<Workload>(rendering, "Deployment", `spoor-${name}`)
}
const containerOf = (rendering: typeof plain, name: string) => {
  const [container] = deploymentOf(rendering, name).spec.template.spec.containers
  if (container === undefined) throw new Error(`${name} has no container.`)
  return container
}

/** What stands behind each name in `requires`; the message bus is used by every actor, also by those that do not name it. */
const serverOf: Readonly<Record<string, string | undefined>> = {
  queue: "redis",
  links: "redis",
  projections: "redis",
  "keyed state": "redis",
  reactions: "redis",
  "device mappings": "redis",
  bus: "nats",
  log: "kafka",
  places: undefined
}

/** Actors that use the projections and not the queue, beside counters. */
const projecting = [
  "timing-stats",
  "click-stats",
  "postback-stats",
  "reactor",
  "notifier",
  "attributor",
  "sessions"
]

/** Secret settings that an actor reads and is not given, with the reason. */
const notGiven: Readonly<Record<string, (actor: string) => boolean>> = {
  // Answers on the bus are signed by those three alone.
  BUS_SECRET: (actor) => !["drainer", "enricher", "bridge"].includes(actor),
  // PROJECTIONS_URL is always given, and wins.
  REDIS_URL: (actor) => actor.endsWith("-counter") || projecting.includes(actor)
}

/** The server that an egress rule of the default rendering leads to. */
const targetOf = ({ to = [], ports = [] }: PolicyRule): string => {
  const [port] = ports
  const component = to[0]?.podSelector?.matchLabels["app.kubernetes.io/component"]
  if (port?.port === 53) return "dns"
  if (component === undefined && port?.port === 80) return "targets"
  if (component === undefined) return port?.port === 9092 ? "kafka" : `port ${port?.port}`
  return component
}

describe.skipIf(!hasHelm)("the chart and the actors", () => {
  test("are the same actors", () => {
    const names = plain?.objects
      .filter(({ kind }) => kind === "Deployment")
      .map(({ metadata }) => metadata.name.replace("spoor-", ""))
    expect(names?.toSorted()).toEqual([...actorNames].toSorted())
    const args = actorNames.map((name) => containerOf(plain, name).args)
    expect(args).toEqual(actorNames.map((name) => ["actor", name]))
  })

  test("every service that an actor requires is known here", () => {
    const names = new Set(actors.flatMap(({ requires }) => requires.map(({ name }) => name)))
    expect([...names].filter((name) => !(name in serverOf))).toEqual([])
  })

  for (const actor of actors) {
    describe(actor.name, () => {
      test("may reach what it requires, and nothing else", () => {
        if (plain === undefined) throw new Error("no Helm")
        const policy = objectOf<NetworkPolicy>(plain, "NetworkPolicy", `spoor-${actor.name}`)
        const required = actor.requires.flatMap(({ name }) => serverOf[name] ?? [])
        const testEvents = actor.name === "viewer" ? ["gateway"] : []
        const targets = actor.name === "deliverer" ? ["targets"] : []
        const expected = new Set(["dns", "nats", ...required, ...testEvents, ...targets])
        expect((policy.spec.egress ?? []).map(targetOf).toSorted()).toEqual([...expected].toSorted())
        const labels = deploymentOf(plain, actor.name).spec.template.metadata.labels
        expect(matches(policy.spec.podSelector.matchLabels, labels)).toBe(true)
      })

      test("is given every secret that it reads, and no other", () => {
        const read = settingsOf(actor).filter(
          ({ name, secret }) => secret || name === "KAFKA_USERNAME" || certificates.includes(name)
        )
        // Families of names (RULES_SECRET_*) are named by the user: test/deploy/helm-reactions.test.ts.
        const expected = read
          .map(({ name }) => name)
          .filter((name) => !notGiven[name]?.(actor.name) && !name.endsWith("*"))
        const given = secretFilesOf(deploymentOf(external, actor.name), containerOf(external, actor.name))
        expect(Object.keys(given).toSorted()).toEqual(expected.toSorted())
      })

      test("is given no setting that it does not read", () => {
        const read = new Set(settingsOf(actor).map(({ name }) => name))
        // Of every process, whatever actors run in it; NODE_… is of the runtime.
        const everywhere = new Set(["DATA_DIR", "KAFKA_TOPIC", "KAFKA_TOPICS", "NODE_EXTRA_CA_CERTS"])
        const given = [plain, external].flatMap((one) => Object.keys(envOf(containerOf(one, actor.name))))
        const others = given
          .map((name) => name.replace(/_FILE$/, ""))
          .filter((name) => !read.has(name) && !everywhere.has(name))
        expect(others).toEqual([])
      })

      test("can read every setting that it is given", async () => {
        for (const rendering of [plain, external, strict, tls]) {
          const env = { ...envOf(containerOf(rendering, actor.name)) }
          const provider = ConfigProvider.layer(ConfigProvider.fromEnv({ env }))
          for (const { name, config } of settingsOf(actor).filter((one) => one.name in env)) {
            const exit = await Effect.runPromiseExit(Effect.provide(config, provider))
            expect([name, env[name], Exit.isSuccess(exit)]).toEqual([name, env[name], true])
          }
        }
      })
    })
  }

  test("mode single is given no setting that nobody reads", () => {
    const read = new Set(actors.flatMap(settingsOf).map(({ name }) => name))
    if (single === undefined) throw new Error("no Helm")
    const [container] = objectOf<Workload>(single, "StatefulSet", "spoor-single").spec.template.spec
      .containers
    const given = container === undefined ? [] : Object.keys(envOf(container))
    expect(given.map((name) => name.replace(/_FILE$/, "")).filter((name) => !read.has(name))).toEqual([])
  })

  test("a drain takes as long as it does by itself, on the same port", async () => {
    const read = readAll({ delay: drainDelay, timeout: drainTimeout, port: opsPort })
    const env = { ...envOf(containerOf(plain, "drainer")) }
    const given = ConfigProvider.layer(ConfigProvider.fromEnv({ env }))
    const [own, chosen] = await Effect.runPromise(Effect.all([read, Effect.provide(read, given)]))
    expect(Duration.toMillis(chosen.delay)).toBe(Duration.toMillis(own.delay))
    expect(Duration.toMillis(chosen.timeout)).toBe(Duration.toMillis(own.timeout))
    expect(chosen.port).toBe(own.port)
  })

  test("consumers are scaled by the lag of the group that they read as", async () => {
    const [keda] = await renderAll([{ values: { ...withTap, autoscaling: { backlog: "keda" } } }])
    const groups = keda?.objects
      .filter(({ kind }) => kind === "ScaledObject")
      .flatMap((one) => Array.from(JSON.stringify(one).matchAll(/group=\\+"([\w-]+)/g), ([, group]) => group))
    const consumers = actors.filter(
      ({ receives, name }) => receives.startsWith("records of the log") && name !== "viewer"
    )
    expect(groups?.toSorted()).toEqual(
      consumers.map(({ receives }) => /\(group ([\w-]+)\)/.exec(receives)?.[1] ?? "").toSorted()
    )
  })

  test("the bundled NATS has a password for each user of its file, and each actor is one of them", () => {
    if (plain === undefined) throw new Error("no Helm")
    const file = readFileSync(join(chart, "files", "nats.conf"), "utf8")
    const users = Array.from(file.matchAll(/\buser: ([\w-]+)/g), ([, user = ""]) => user)
    const variables = Array.from(file.matchAll(/\$(NATS_PASSWORD_\w+)/g), ([, name = ""]) => name)
    const [nats] = objectOf<Workload>(plain, "StatefulSet", "spoor-nats").spec.template.spec.containers
    const given = (nats?.env ?? []).map(({ name }) => name).filter((name) => name !== "POD_NAME")
    expect(given.toSorted()).toEqual(variables.toSorted())
    for (const name of actorNames) {
      const user = envOf(containerOf(plain, name)).NATS_INBOX_PREFIX?.replace("_INBOX.", "")
      expect(users).toContain(user ?? "")
      expect(file).toContain(`"_INBOX.${user}.>"`)
    }
  })
})

test("the chart's copies of other files are current: npm run kubernetes-render", () => {
  for (const [from, to] of copies())
    expect([to, existsSync(to) && readFileSync(to, "utf8")]).toEqual([to, readFileSync(from, "utf8")])
})
