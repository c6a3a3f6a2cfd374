/** deploy/compose.yaml without an engine: it is valid, complete and consistent. `bun run deploy-test compose` runs it. */
import { describe, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { standardNames } from "../../actors/all.ts"
import { isMissing } from "../support/missing.ts"
import { composeProgram } from "./real/engine/programs.ts"

const root = join(import.meta.dirname, "..", "..")
const read = (...path: ReadonlyArray<string>): string => readFileSync(join(root, "deploy", ...path), "utf8")

const program =
  (await composeProgram()) ??
  isMissing(
    "Docker Compose 2 is missing, so deploy/compose.yaml was not checked. Install it, or let apt reach Debian."
  )

interface Service {
  readonly command?: ReadonlyArray<string>
  readonly environment?: Readonly<Record<string, string>>
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly healthcheck?: object
  readonly read_only?: boolean
  readonly profiles?: ReadonlyArray<string>
}

const folder = mkdtempSync(join(tmpdir(), "spoor-env-"))

/** `npm run env:generate` in a copy of its files; returns its file and what it says. */
const generate = (): { readonly text: string; readonly said: string; readonly mode: number } => {
  for (const name of [".env.template", "generate-env.mjs"])
    cpSync(join(root, "deploy", name), join(folder, name))
  const { stderr } = spawnSync("node", ["generate-env.mjs"], { cwd: folder, encoding: "utf8" })
  const file = join(folder, ".env")
  return { text: readFileSync(file, "utf8"), said: stderr, mode: statSync(file).mode & 0o777 }
}

/** The services that compose reads with these secrets and profiles. */
const services = (
  environment: string,
  ...profiles: ReadonlyArray<string>
): Readonly<Record<string, Service>> => {
  const [command = "", ...before] = program ?? []
  const args = ["--env-file", environment, "--file", "deploy/compose.yaml"]
  const chosen = profiles.flatMap((name) => ["--profile", name])
  const { stdout, stderr, status } = spawnSync(
    command,
    [...before, ...args, ...chosen, "config", "--format", "json"],
    { cwd: root, encoding: "utf8" }
  )
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout).services
}

test("env:generate gives each secret a value, once, and adds what an older file lacks", () => {
  const first = generate()
  expect(first.mode).toBe(0o600)
  const secrets = [...first.text.matchAll(/^(\w+)=(.*)$/gm)]
  expect(secrets.length).toBeGreaterThan(15)
  for (const [, , value] of secrets) expect(value).toMatch(/^s[0-9a-f]{36}$/)
  expect(new Set(secrets.map(([, , value]) => value)).size).toBe(secrets.length)
  expect(generate()).toMatchObject({ text: first.text, said: expect.stringContaining("was not changed") })

  const older = first.text.replace(/^GRAFANA_PASSWORD=.*\n/m, "")
  writeFileSync(join(folder, ".env"), older)
  const { text, said } = generate()
  expect(said).toContain("added: GRAFANA_PASSWORD")
  expect(text).toStartWith(older)
  expect(text.slice(older.length)).toMatch(/^GRAFANA_PASSWORD=s[0-9a-f]{36}\n$/)
})

describe.skipIf(program === undefined)("compose.yaml", () => {
  const environment = join(folder, ".env")

  test("is refused without secrets, with the command that makes them", () => {
    const empty = join(folder, "empty")
    writeFileSync(empty, "")
    expect(() => services(empty)).toThrow("run npm run env:generate")
  })

  test("starts every actor once, and what the profiles add", () => {
    generate()
    const plain = services(environment)
    const others = ["redis", "nats", "kafka", "prometheus", "alertmanager", "grafana"]
    expect(Object.keys(plain).toSorted()).toEqual([...standardNames, ...others].toSorted())
    const more = Object.keys(services(environment, "tls", "sidecar")).filter((name) => !(name in plain))
    expect(more.toSorted()).toEqual([
      "proxy",
      "sidecar",
      "sidecar-drainer",
      "sidecar-gateway",
      "sidecar-redis"
    ])
  })

  test("waits for health, and every process of Spoor may write nothing but its data", () => {
    const all = services(environment, "tls", "sidecar")
    for (const [name, { command, depends_on = {}, healthcheck, read_only }] of Object.entries(all)) {
      const conditions = Object.entries(depends_on).filter(([other]) => other !== "sidecar")
      for (const [, { condition }] of conditions) expect(condition).toBe("service_healthy")
      if (name !== "sidecar") expect(healthcheck).toBeDefined()
      if (command?.[0] === "actor") expect(read_only).toBe(true)
    }
  })

  test("rules, their variables and secrets reach those that read rules, and nobody else", () => {
    generate()
    const own = join(folder, "own.env")
    writeFileSync(own, "RULES_VAR_STORAGE=http://storage:3000\nRULES_SECRET_STORAGE_PASSWORD=s3cret\n")
    const chosen = join(folder, "chosen")
    const extra = [
      `RULES_ENV_FILE=${own}`,
      "RULES_FILE=storage.yaml",
      "WEBHOOK_ALLOW=storage",
      "WEBHOOK_SECRET=whsec_x"
    ]
    writeFileSync(chosen, `${readFileSync(environment, "utf8")}${extra.join("\n")}\n`)
    const [without, with_] = [services(environment), services(chosen)]
    for (const [name, { command, environment: given = {} }] of Object.entries(with_)) {
      if (command?.[0] !== "actor") continue
      const reads = ["reactor", "deliverer", "viewer"].includes(name)
      const found = Object.keys(given).filter((one) => one.startsWith("RULES"))
      const values = ["RULES_SECRET_STORAGE_PASSWORD", "RULES_VAR_STORAGE"]
      const expected = name === "deliverer" ? values : reads ? ["RULES", ...values] : []
      expect([name, found.toSorted()]).toEqual([name, expected])
      expect([name, "WEBHOOK_SECRET" in given]).toEqual([name, name === "deliverer"])
      if (!reads || name === "deliverer") continue
      expect(given.RULES).toBe("/etc/spoor/rules/storage.yaml")
      expect(without[name]?.environment?.RULES).toBe("")
    }
    expect(with_.deliverer?.environment).toMatchObject({
      WEBHOOK_ALLOW: "storage",
      WEBHOOK_SECRET: "whsec_x"
    })
  })

  test("Prometheus reads every container of an actor", () => {
    const { scrape_configs } = Bun.YAML.parse(read("compose", "prometheus.yaml")) as {
      readonly scrape_configs: ReadonlyArray<{
        readonly dns_sd_configs: ReadonlyArray<{
          readonly names: ReadonlyArray<string>
          readonly port: number
        }>
      }>
    }
    const names = scrape_configs.flatMap((one) =>
      one.dns_sd_configs.flatMap((dns) => dns.names.map((name) => `${name}:${dns.port}`))
    )
    const expected = [...standardNames.map((name) => `${name}:9464`), "sidecar:9464", "sidecar:9465"]
    expect(names.toSorted()).toEqual(expected.toSorted())
  })
})
