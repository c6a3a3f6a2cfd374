/** The one executable (`bun run binary`): it holds all files that it reads, and runs the pipeline without this tree. */
import { afterAll, beforeAll, expect, test } from "bun:test"
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { buildBinary } from "../../deploy/binary.ts"
import packageJson from "../../package.json" with { type: "json" }
import { diesWithUs } from "../support/dies-with-us.ts"
import { eventually } from "../support/eventually.ts"
import { ownSettings } from "../support/spoor.ts"

const folder = mkdtempSync(join(tmpdir(), "spoor-binary-"))
const file = join(folder, "spoor")
let size = 0
beforeAll(async () => {
  size = await buildBinary(file)
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Runs it in an empty folder with these settings alone. */
const start = (args: ReadonlyArray<string>, settings: Readonly<Record<string, string>> = {}) => {
  const child = diesWithUs(spawn(file, [...args], { cwd: folder, env: { ...settings } }))
  let output = ""
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (data: Buffer) => {
      output += data.toString()
    })
  const code = new Promise<number | null>((resolve) => child.once("close", resolve))
  return { child, code, output: () => output }
}

test("prints its version and the names of its commands, and is under 150 MB", async () => {
  const version = start(["--version"])
  expect(await version.code).toBe(0)
  expect(version.output()).toBe(`spoor ${packageJson.version}\n`)
  const unknown = start(["fly"])
  expect(await unknown.code).toBe(64)
  expect(unknown.output()).toContain('unknown command "fly": start, edge, actor, counters')
  expect(size).toBeLessThan(150e6)
})

test("counts an event with its country's database, and serves the pages", async () => {
  const spoor = start(["start"], ownSettings({ LOG_FORMAT: "pretty" }))
  const address = (what: string): Promise<string> =>
    eventually(what, () => new RegExp(`^ {2}${what} +(http\\S+?)/?(?:t/.*)?$`, "m").exec(spoor.output())?.[1])
  const [gateway, viewer] = [await address("send events"), await address("watch them")]
  const headers = { "x-forwarded-for": "81.2.69.142" }
  expect((await fetch(`${gateway}/t/from_the_binary?n=1`, { headers })).status).toBe(200)
  const text = async (path: string): Promise<string> => {
    const answer = await fetch(`${viewer}${path}`)
    return `${answer.status} ${await answer.text()}`
  }
  await eventually("the event is counted", async () =>
    (await text("/api/counters/event-counter")).includes("from_the_binary")
  )
  const contracts = ["/contracts", "/contracts/page.css", "/contracts/messages.go", "/contracts/reply.2.json"]
  for (const path of ["/", "/events", "/page/events.css", "/page/lib/uplot.js", ...contracts])
    expect(await text(path)).toStartWith("200 ")
  expect(await text("/contracts/messages.ts")).toContain("export interface RawBatchV2")
  const script = await text("/page/events.ts")
  expect(script).toStartWith("200 import {")
  expect(script).not.toContain("import type")
  spoor.child.kill("SIGTERM")
  expect(await spoor.code).toBe(0)
}, 60_000)

test("starts with Kafka's client, whose checksums are inside", async () => {
  const spoor = start(
    ["actor", "bridge"],
    ownSettings({ LOG_FORMAT: "pretty", KAFKA_BROKERS: "127.0.0.1:9", NATS_URL: "nats://127.0.0.1:9" })
  )
  await eventually("it runs", () => spoor.output().includes("Spoor is running: bridge"))
  spoor.child.kill("SIGTERM")
  expect(await spoor.code).toBe(0)
}, 60_000)
