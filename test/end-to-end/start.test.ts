/** An invalid start ends with one clear sentence, no stack trace, and an exit code other than 0. */
import { describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { geoDatabase } from "../support/geo-database.ts"
import { freePort } from "../support/server.ts"
import { type Environment, launch, ownSettings } from "../support/spoor.ts"

const runToEnd = async (args: ReadonlyArray<string>, more: Environment = {}) => {
  const { output, ended } = launch(args, ownSettings({ LOG_LEVEL: "Error", ...more }))
  const code = await ended
  return { code, text: output().trim() }
}

const isOneSentence = (text: string): void => {
  expect(text).not.toMatch(/\n\s+at |Error:/)
  expect(text.split("\n")).toHaveLength(1)
  expect(text).toStartWith("spoor: ")
}

describe("an invalid start", () => {
  test("an unknown actor", async () => {
    const { code, text } = await runToEnd(["enrichr"])
    isOneSentence(text)
    expect(text).toContain('"enrichr"')
    expect(text).toContain("enricher")
    expect(code).toBe(64)
  })

  test("an unknown option", async () => {
    const { code, text } = await runToEnd(["gateway", "--bogus"])
    isOneSentence(text)
    expect(text).toContain("--list")
    expect(code).toBe(64)
  })

  test("a port in use", async () => {
    const holder = createServer().listen(0, "127.0.0.1")
    await new Promise((resolve) => holder.once("listening", resolve))
    const address = holder.address()
    const port = String(typeof address === "object" ? address?.port : "")
    const { code, text } = await runToEnd(["gateway"], { GATEWAY_PORT: port })
    holder.close()
    isOneSentence(text)
    expect(text).toContain(`Port ${port} is already in use`)
    expect(code).toBe(1)
  })

  test("a wrong KAFKA_BROKERS: not an address, or no broker at it", async () => {
    const malformed = await runToEnd(["event-counter"], { KAFKA_BROKERS: "not an address" })
    isOneSentence(malformed.text)
    expect(malformed.text).toContain("KAFKA_BROKERS")
    expect(malformed.code).toBe(78)

    const port = await freePort()
    const silent = await runToEnd(["event-counter"], {
      KAFKA_BROKERS: `127.0.0.1:${port}`,
      KAFKA_START_TIMEOUT: "2 seconds"
    })
    isOneSentence(silent.text)
    expect(silent.text).toContain(`127.0.0.1:${port}`)
    expect(silent.code).toBe(1)
  })

  test("an unreadable GEOIP_DB", async () => {
    const { code, text } = await runToEnd(["--all"], { GEOIP_DB: "/nowhere/city.mmdb" })
    isOneSentence(text)
    expect(text).toContain("/nowhere/city.mmdb")
    expect(code).toBe(78)
  })

  test("a GEOIP_DB of another kind than countries", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "spoor-start-")), "asn.mmdb")
    writeFileSync(file, geoDatabase("GeoLite2-ASN", { autonomous_system_organization: "X" }))
    const { code, text } = await runToEnd(["enricher"], { GEOIP_DB: file })
    rmSync(dirname(file), { recursive: true })
    isOneSentence(text)
    expect(text).toContain(file)
    expect(text).toContain("contains no countries")
    expect(code).toBe(78)
  })

  test("a setting that is not a number", async () => {
    const { code, text } = await runToEnd(["gateway"], { GATEWAY_PORT: "many" })
    isOneSentence(text)
    expect(text).toContain("GATEWAY_PORT")
    expect(code).toBe(78)
  })

  test("an invalid duration, size and level: the sentence has an example", async () => {
    const named = { GATEWAY_BODY_TIMEOUT: "soon", GATEWAY_MAX_BODY: "64k", LOG_LEVEL: "loud" }
    for (const [name, value] of Object.entries(named)) {
      const { code, text } = await runToEnd(["gateway"], { [name]: value })
      isOneSentence(text)
      expect(text).toStartWith(`spoor: ${name}: "${value}" is `)
      expect(text).toMatch(/ Write .*(10s|64KiB|Info)/)
      expect(code).toBe(78)
    }
  })

  test("an invalid REDIS_URL and NATS_URL", async () => {
    const redis = await runToEnd(["gateway"], { REDIS_URL: "localhost:6379" })
    isOneSentence(redis.text)
    expect(redis.code).toBe(78)
    const nats = await runToEnd(["enricher"], { NATS_URL: "http://[" })
    isOneSentence(nats.text)
    expect(nats.code).toBe(78)
  })

  test("a missing file of a secret", async () => {
    const { code, text } = await runToEnd(["gateway"], { REDIS_URL_FILE: "/nowhere/redis-url" })
    isOneSentence(text)
    expect(text).toContain("REDIS_URL_FILE")
    expect(code).toBe(78)
  })

  test("actors that cannot reach any other actor", async () => {
    const { code, text } = await runToEnd(["enricher"])
    isOneSentence(text)
    expect(text).toContain("NATS_URL")
    expect(code).toBe(78)
  })

  test("an invalid topic name", async () => {
    const { code, text } = await runToEnd(["event-counter"], { KAFKA_TOPIC: "no topic!" })
    isOneSentence(text)
    expect(text).toContain("no topic!")
    expect(code).toBe(78)
  })
})

describe("the help of the command", () => {
  test("--list names every actor with a sentence", async () => {
    const { code, text } = await runToEnd(["--list"])
    expect(code).toBe(0)
    for (const name of ["gateway", "drainer", "enricher", "bridge", "event-counter", "viewer"]) {
      expect(text).toMatch(new RegExp(`^${name} +\\S.*\\.$`, "m"))
    }
  })

  test("--help after a name prints its settings with defaults", async () => {
    const { code, text } = await runToEnd(["enricher", "--help"])
    expect(code).toBe(0)
    expect(text).toContain("GEOIP_DB")
    expect(text).toContain("OPS_PORT=9464")
    expect(text).not.toContain("GATEWAY_PORT")
  })

  test("without a name it prints the expected arguments", async () => {
    const { code, text } = await runToEnd([])
    expect(code).toBe(64)
    isOneSentence(text)
    expect(text).toContain(
      "actor needs names of actors, files of actors, or --all; actor --list lists the names"
    )
  })

  test("--workers without the gateway, or with an invalid number", async () => {
    for (const args of [
      ["enricher", "--workers", "2"],
      ["gateway", "--workers", "0"],
      ["gateway", "--workers"]
    ]) {
      const { code, text } = await runToEnd(args)
      isOneSentence(text)
      expect(text).toContain("--workers")
      expect(code).toBe(64)
    }
  })
})
