/**
 * SIGHUP: a process reloads what comes from files and goes on; one with nothing to reload drains and ends with 0. A bad new
 * value keeps the old one. Workers and their supervisor do the same.
 */
import { describe, expect, test } from "bun:test"
import { spawn } from "node:child_process"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { denoProgram } from "../../support/deno.ts"
import { diesWithUs } from "../../support/dies-with-us.ts"
import { eventually } from "../../support/eventually.ts"
import { geoDatabase } from "../../support/geo-database.ts"
import { hasRedisProgram, startRedis } from "../../support/redis.ts"
import { ownSettings, type Spoor, startSpoor } from "../../support/spoor.ts"

const folder = mkdtempSync(join(tmpdir(), "spoor-hang-up-"))
const fileWith = (name: string, text: string | Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** Sends SIGHUP and waits until the process has logged that line once more. */
const hangUp = async (spoor: Spoor, line: string): Promise<void> => {
  const times = (): number => spoor.output().split(line).length
  const before = times()
  spoor.process.kill("SIGHUP")
  await eventually(line, () => times() > before)
}

const metricsOf = async (spoor: Spoor): Promise<string> =>
  (await fetch(new URL("/metrics", spoor.address("health")))).text()

const statusWith = async (spoor: Spoor, key: string): Promise<number> =>
  (await fetch(new URL("/t/x?n=1", spoor.address("send events")), { headers: { "x-write-key": key } })).status

const linksWith = async (spoor: Spoor, token: string): Promise<number> => {
  const url = new URL("/api/v1/links", spoor.address("send events"))
  return (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status
}

for (const runtime of ["bun", "deno"] as const)
  test.skipIf(runtime === "deno" && denoProgram() === undefined)(
    `write keys and the token of links are reloaded, and a bad value keeps the old one (${runtime})`,
    async () => {
      const keys = fileWith(`keys-${runtime}`, "first-key\n")
      const token = fileWith(`token-${runtime}`, "the-first-token-of-links")
      const settings = { WRITE_KEYS_FILE: keys, LINKS_TOKEN_FILE: token, KAFKA_BROKER: "misspelled" }
      const spoor = await startSpoor(["gateway"], ownSettings(settings), runtime)
      expect(spoor.output()).toContain(
        "KAFKA_BROKER is not a setting and is ignored: did you mean KAFKA_BROKERS?"
      )
      expect(await metricsOf(spoor)).toContain('spoor_reloads_total{setting="WRITE_KEYS",outcome="loaded"} 0')
      expect([await statusWith(spoor, "first-key"), await statusWith(spoor, "second-key")]).toEqual([
        200, 401
      ])
      expect([await linksWith(spoor, "the-first-token-of-links")]).toEqual([200])

      writeFileSync(keys, "second-key\n")
      writeFileSync(token, "the-second-token-of-links")
      await hangUp(spoor, "SIGHUP: LINKS_TOKEN has been reloaded.")
      await eventually("the keys are reloaded", () =>
        spoor.output().includes("SIGHUP: WRITE_KEYS has been reloaded.")
      )
      expect([await statusWith(spoor, "first-key"), await statusWith(spoor, "second-key")]).toEqual([
        401, 200
      ])
      expect(await linksWith(spoor, "the-first-token-of-links")).toBe(401)
      expect(await linksWith(spoor, "the-second-token-of-links")).toBe(200)

      writeFileSync(keys, "bad key\n")
      await hangUp(
        spoor,
        "SIGHUP: WRITE_KEYS keeps its old value: Key 1 of WRITE_KEYS must have 8 to 200 letters"
      )
      await eventually("the token is read too", () =>
        spoor.output().includes("SIGHUP: LINKS_TOKEN has not changed.")
      )
      expect(await statusWith(spoor, "second-key")).toBe(200)
      const metrics = await metricsOf(spoor)
      expect(metrics).toContain('spoor_reloads_total{setting="WRITE_KEYS",outcome="loaded"} 1')
      expect(metrics).toContain('spoor_reloads_total{setting="WRITE_KEYS",outcome="refused"} 1')
      expect(metrics).toContain('spoor_reloads_total{setting="LINKS_TOKEN",outcome="loaded"} 2')
      expect(await spoor.end()).toBe(0)
    },
    60_000
  )

test("the viewer's password and token are reloaded", async () => {
  const password = fileWith("password", "first")
  const token = fileWith("viewer-token", "first-token")
  const spoor = await startSpoor(
    ["viewer"],
    ownSettings({ VIEWER_PASSWORD_FILE: password, VIEWER_TOKEN_FILE: token, VIEWER_HOST: "127.0.0.1" })
  )
  const status = async (authorization: string): Promise<number> =>
    (await fetch(new URL("/api/ledger", spoor.address("watch them")), { headers: { authorization } })).status
  const basic = (secret: string): string => `Basic ${btoa(`viewer:${secret}`)}`
  expect([await status(basic("first")), await status("Bearer first-token")]).toEqual([200, 200])
  writeFileSync(password, "second")
  writeFileSync(token, "")
  await hangUp(spoor, "SIGHUP: VIEWER_TOKEN keeps its old value: VIEWER_TOKEN is empty")
  expect([await status(basic("first")), await status(basic("second"))]).toEqual([401, 200])
  expect(await status("Bearer first-token")).toBe(200)
  expect(await spoor.end()).toBe(0)
}, 60_000)

test("GEOIP_DB is reloaded at once, and an unusable file is reported at each SIGHUP", async () => {
  const file = fileWith("places.mmdb", geoDatabase("Test-Country", { country: { iso_code: "DE" } }))
  const spoor = await startSpoor(["drainer", "enricher", "bridge"], ownSettings({ GEOIP_DB: file }))
  await hangUp(spoor, "SIGHUP: GEOIP_DB has not changed.")
  writeFileSync(file, geoDatabase("Next-Country", { country: { iso_code: "GR" } }))
  await hangUp(spoor, "SIGHUP: GEOIP_DB has been reloaded.")
  writeFileSync(file, "no database")
  await hangUp(spoor, "SIGHUP: GEOIP_DB keeps its old value")
  await hangUp(spoor, "SIGHUP: GEOIP_DB keeps its old value")
  expect(await metricsOf(spoor)).toContain('spoor_reloads_total{setting="GEOIP_DB",outcome="refused"} 2')
  expect(await spoor.end()).toBe(0)
}, 60_000)

describe("a process with nothing to reload", () => {
  for (const runtime of ["bun", "deno"] as const)
    test.skipIf(runtime === "deno" && denoProgram() === undefined)(
      `drains and ends with 0 (${runtime})`,
      async () => {
        const spoor = await startSpoor(
          ["gateway"],
          ownSettings({ WRITE_KEYS: "from-the-environment" }),
          runtime
        )
        expect(await spoor.end("SIGHUP")).toBe(0)
        expect(spoor.output()).toContain("SIGHUP: draining")
      },
      60_000
    )

  test.skipIf(process.platform !== "linux")(
    "goes on when nohup started it",
    async () => {
      const child = diesWithUs(
        spawn("nohup", [process.execPath, "actors/commands/actor.ts", "gateway"], {
          cwd: join(import.meta.dirname, "..", "..", ".."),
          env: { ...process.env, ...ownSettings() },
          stdio: ["ignore", "pipe", "pipe"]
        })
      )
      let output = ""
      child.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString()
      })
      const ended = new Promise<number | null>((resolve) => child.once("exit", resolve))
      await eventually("it is up", () => output.includes("Spoor is running"))
      child.kill("SIGHUP")
      await eventually("it goes on", () => output.includes("the process goes on, as nohup asks"))
      child.kill("SIGTERM")
      expect(await ended).toBe(0)
    },
    60_000
  )
})

describe.skipIf(process.platform !== "linux" || !hasRedisProgram())("workers", () => {
  test("reload when their supervisor is told to; without anything to reload all drain", async () => {
    const redis = await startRedis()
    if (redis === undefined) throw new Error("redis-server did not start")
    const keys = fileWith("keys-of-workers", "first-key\n")
    const settings = { REDIS_URL: redis.url, WRITE_KEYS_FILE: keys }
    const spoor = await startSpoor(["gateway", "--workers", "2"], ownSettings(settings))
    await eventually("both are up", () => spoor.output().split("Spoor is running").length === 3)
    writeFileSync(keys, "second-key\n")
    const line = "SIGHUP: WRITE_KEYS has been reloaded."
    spoor.process.kill("SIGHUP")
    await eventually("both have reloaded", () => spoor.output().split(line).length === 3)
    expect(await statusWith(spoor, "second-key")).toBe(200)
    expect(await spoor.end()).toBe(0)

    const plain = await startSpoor(["gateway", "--workers", "2"], ownSettings({ REDIS_URL: redis.url }))
    await eventually("both are up", () => plain.output().split("Spoor is running").length === 3)
    expect(await plain.end("SIGHUP")).toBe(0)
    expect(plain.output()).not.toContain("restarted")
    await redis.stop()
  }, 60_000)
})
