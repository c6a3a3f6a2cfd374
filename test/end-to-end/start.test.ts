/** A start that cannot work ends with one clear sentence, no stack trace, and an exit code that is not 0. */
import { describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { geoDatabase } from "../support/geo-database.ts"
import { freePort } from "../support/server.ts"
import { type Environment, launch, ownSettings } from "../support/spoor.ts"

const ending = async (args: ReadonlyArray<string>, more: Environment = {}) => {
  const { output, ended } = launch(args, ownSettings({ LOG_LEVEL: "Error", ...more }))
  const code = await ended
  return { code, text: output().trim() }
}

const isOneSentence = (text: string): void => {
  expect(text).not.toMatch(/\n\s+at |Error:/)
  expect(text.split("\n")).toHaveLength(1)
  expect(text).toStartWith("spoor: ")
}

describe("a start that cannot work", () => {
  test("an unknown actor", async () => {
    const { code, text } = await ending(["enrichr"])
    isOneSentence(text)
    expect(text).toContain('"enrichr"')
    expect(text).toContain("enricher")
    expect(code).toBe(64)
  })

  test("an unknown option", async () => {
    const { code, text } = await ending(["gateway", "--bogus"])
    isOneSentence(text)
    expect(text).toContain("--list")
    expect(code).toBe(64)
  })

  test("a port in use", async () => {
    const holder = createServer().listen(0, "127.0.0.1")
    await new Promise((resolve) => holder.once("listening", resolve))
    const address = holder.address()
    const port = String(typeof address === "object" ? address?.port : "")
    const { code, text } = await ending(["gateway"], { GATEWAY_PORT: port })
    holder.close()
    isOneSentence(text)
    expect(text).toContain(`Port ${port} is already in use`)
    expect(code).toBe(1)
  })

  test("a wrong KAFKA_BROKERS: not an address, or nobody there", async () => {
    const malformed = await ending(["event-counter"], { KAFKA_BROKERS: "not an address" })
    isOneSentence(malformed.text)
    expect(malformed.text).toContain("KAFKA_BROKERS")
    expect(malformed.code).toBe(78)

    const port = await freePort()
    const silent = await ending(["event-counter"], {
      KAFKA_BROKERS: `127.0.0.1:${port}`,
      KAFKA_START_TIMEOUT: "2 seconds"
    })
    isOneSentence(silent.text)
    expect(silent.text).toContain(`127.0.0.1:${port}`)
    expect(silent.code).toBe(1)
  })

  test("an unreadable GEOIP_DB", async () => {
    const { code, text } = await ending(["--all"], { GEOIP_DB: "/nowhere/city.mmdb" })
    isOneSentence(text)
    expect(text).toContain("/nowhere/city.mmdb")
    expect(code).toBe(78)
  })

  test("a GEOIP_DB of something else than places", async () => {
    const file = join(mkdtempSync(join(tmpdir(), "spoor-start-")), "asn.mmdb")
    writeFileSync(file, geoDatabase("GeoLite2-ASN", { autonomous_system_organization: "X" }))
    const { code, text } = await ending(["enricher"], { GEOIP_DB: file })
    rmSync(dirname(file), { recursive: true })
    isOneSentence(text)
    expect(text).toContain(file)
    expect(text).toContain("contains no countries")
    expect(code).toBe(78)
  })

  test("a setting that is no number", async () => {
    const { code, text } = await ending(["gateway"], { GATEWAY_PORT: "many" })
    isOneSentence(text)
    expect(text).toContain("GATEWAY_PORT")
    expect(code).toBe(78)
  })

  test("a duration, a size and a level that are none: the sentence has an example", async () => {
    const named = { GATEWAY_BODY_TIMEOUT: "soon", GATEWAY_MAX_BODY: "64k", LOG_LEVEL: "loud" }
    for (const [name, value] of Object.entries(named)) {
      const { code, text } = await ending(["gateway"], { [name]: value })
      isOneSentence(text)
      expect(text).toStartWith(`spoor: ${name}: "${value}" is `)
      expect(text).toMatch(/ Write .*(10s|64KiB|Info)/)
      expect(code).toBe(78)
    }
  })

  test("a REDIS_URL and a NATS_URL that are none", async () => {
    const redis = await ending(["gateway"], { REDIS_URL: "localhost:6379" })
    isOneSentence(redis.text)
    expect(redis.code).toBe(78)
    const nats = await ending(["enricher"], { NATS_URL: "http://[" })
    isOneSentence(nats.text)
    expect(nats.code).toBe(78)
  })

  test("a secret's file that is not there", async () => {
    const { code, text } = await ending(["gateway"], { REDIS_URL_FILE: "/nowhere/redis-url" })
    isOneSentence(text)
    expect(text).toContain("REDIS_URL_FILE")
    expect(code).toBe(78)
  })

  test("actors that could reach nobody", async () => {
    const { code, text } = await ending(["enricher"])
    isOneSentence(text)
    expect(text).toContain("NATS_URL")
    expect(code).toBe(78)
  })

  test("a topic that cannot be one", async () => {
    const { code, text } = await ending(["event-counter"], { KAFKA_TOPIC: "no topic!" })
    isOneSentence(text)
    expect(text).toContain("no topic!")
    expect(code).toBe(78)
  })
})

describe("the command explains itself", () => {
  test("--list names every actor with a sentence", async () => {
    const { code, text } = await ending(["--list"])
    expect(code).toBe(0)
    for (const name of ["gateway", "drainer", "enricher", "bridge", "event-counter", "viewer"]) {
      expect(text).toMatch(new RegExp(`^${name} +\\S.*\\.$`, "m"))
    }
  })

  test("--help behind a name prints its settings with defaults", async () => {
    const { code, text } = await ending(["enricher", "--help"])
    expect(code).toBe(0)
    expect(text).toContain("GEOIP_DB")
    expect(text).toContain("OPS_PORT=9464")
    expect(text).not.toContain("GATEWAY_PORT")
  })

  test("without a name it prints what to write", async () => {
    const { code, text } = await ending([])
    expect(code).toBe(64)
    isOneSentence(text)
    expect(text).toContain("actor needs the names of actors, or --all; actor --list lists the names")
  })

  test("--workers without the gateway, or with a number that makes no sense", async () => {
    for (const args of [
      ["enricher", "--workers", "2"],
      ["gateway", "--workers", "0"],
      ["gateway", "--workers"]
    ]) {
      const { code, text } = await ending(args)
      isOneSentence(text)
      expect(text).toContain("--workers")
      expect(code).toBe(64)
    }
  })
})
