/**
 * The servers that the chart brings start with the commands and files that it renders: Redis with its users, NATS with its
 * accounts, here on this machine in a folder that stands for the pod's root. Each ends with its test.
 */
import { afterAll, describe, expect, test } from "bun:test"
import { execFileSync, spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { containerNamed, renderFiles, textsOf } from "../support/chart-values.ts"
import { hasHelm } from "../support/helm.ts"
import { objectOf, type Workload } from "../support/kubernetes-objects.ts"
import { canStartNats } from "../support/nats.ts"
import { hasRedisProgram } from "../support/redis.ts"
import { endProgram, freePort, startProgram } from "../support/server.ts"

const of = await renderFiles("default", "bundled")
const root = mkdtempSync(join(tmpdir(), "spoor-pod-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** A folder of the pod, with files in it. */
const folder = (name: string, files: Readonly<Record<string, string>>): string => {
  const path = join(root, name)
  mkdirSync(path, { recursive: true })
  for (const [file, text] of Object.entries(files)) writeFileSync(join(path, file), text)
  return path
}

describe.skipIf(!hasHelm || !hasRedisProgram())("the bundled Redis", () => {
  test("starts with its users: each may do its part, strangers and the default user nothing", async () => {
    const port = await freePort()
    const { "redis.conf": conf = "", ...files } = textsOf(of("default"), "ConfigMap", "spoor-redis")
    const redis = objectOf<Workload>(of("default"), "StatefulSet", "spoor-redis")
    const [, , script = ""] = containerNamed(redis, "redis").command ?? []
    const here = (text: string): string =>
      text
        .replaceAll("/tmp/", `${join(root, "tmp")}/`)
        .replaceAll("/etc/redis-secret", join(root, "secret"))
        .replaceAll("/etc/redis/", `${join(root, "conf")}/`)
    folder("tmp", {})
    const data = folder("data", {})
    folder("conf", {
      ...files,
      "redis.conf": here(conf).replace("dir /redis", `dir ${data}`).replace("port 6379", `port ${port}`)
    })
    const awkward = "p|&\\1"
    const users = ["gateway", "drainer", "consumer", "viewer", "tracker"]
    folder("secret", Object.fromEntries(users.map((user) => [user, `${awkward}${user}`])))
    const child = await startProgram("sh", ["-ec", here(script)], { ready: /Ready to accept connections/ })

    const ask = (user: string, password: string, ...command: ReadonlyArray<string>): string => {
      const login = ["--no-auth-warning", "--user", user, "--pass", password]
      return execFileSync("redis-cli", ["-p", String(port), ...login, ...command], {
        encoding: "utf8"
      }).trim()
    }
    try {
      expect(ask("health", "any", "ping")).toBe("PONG")
      expect(ask("health", "any", "get", "click_queue")).toContain("NOPERM")
      expect(ask("tracker", `${awkward}tracker`, "rpush", "click_queue", "a line")).toBe("1")
      expect(ask("drainer", `${awkward}drainer`, "llen", "click_queue")).toBe("1")
      expect(ask("tracker", `${awkward}tracker`, "lpop", "click_queue")).toContain("NOPERM")
      expect(ask("consumer", `${awkward}consumer`, "llen", "click_queue")).toContain("NOPERM")
      expect(ask("gateway", "wrong", "ping")).toContain("NOAUTH")
      const anyone = spawnSync("redis-cli", ["-p", String(port), "ping"], { encoding: "utf8" })
      expect(anyone.stdout).toContain("NOAUTH")
    } finally {
      await endProgram(child)
    }
  })
})

describe.skipIf(!hasHelm || !canStartNats)("the bundled NATS", () => {
  for (const [name, release] of [
    ["default", "spoor"],
    ["bundled", "events"]
  ] as const) {
    test(`${name}: the server takes its configuration`, () => {
      const path = folder(name, textsOf(of(name), "ConfigMap", `${release}-nats`))
      const nats = objectOf<Workload>(of(name), "StatefulSet", `${release}-nats`)
      const passwords = (containerNamed(nats, "nats").env ?? []).map((one) => [one.name, `p-${one.name}`])
      const result = spawnSync("nats-server", ["-t", "--config", join(path, "nats.conf")], {
        encoding: "utf8",
        env: { ...process.env, ...Object.fromEntries(passwords) }
      })
      expect(result.stdout + result.stderr).toContain("is valid")
      expect(result.status).toBe(0)
    })
  }
})
