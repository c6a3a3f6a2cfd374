/**
 * Runs the commands of "At the edge" in gateway/README.md: the centre, the Worker in workerd and `deno serve`, on free
 * ports; compares the answers, and checks that the centre has the events.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { type ChildProcess, execFile, spawn } from "node:child_process"
import { existsSync, mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { edgeSettingsTable } from "../../../deploy/edge/settings-table.ts"
import { edgeSettings, refusedSettings } from "../../../gateway/edge-runtime/settings.ts"
import { denoProgram } from "../../support/deno.ts"
import { eventually } from "../../support/eventually.ts"
import { hasRedisProgram } from "../../support/redis.ts"
import { freePort } from "../../support/server.ts"
import { type Centre, makeCentre, secret } from "./centre.ts"

const root = join(import.meta.dirname, "../../..")
const readme = readFileSync(join(root, "gateway/README.md"), "utf8")
const blocks = Array.from(
  readme.matchAll(/<!-- run by test\/gateway\/edge-runtime\/readme\.test\.ts -->\n```sh\n([\s\S]*?)```/g),
  ([, text = ""]) => text.split("\n")
)

/** The only line of a block that matches. */
const lineOf = (block: ReadonlyArray<string> | undefined, pattern: RegExp): string => {
  const found = (block ?? []).filter((line) => pattern.test(line))
  expect(found).toHaveLength(1)
  return found[0] ?? ""
}

/** Each curl command with the lines of its answer. */
const requestsOf = (block: ReadonlyArray<string> | undefined) => {
  const requests: Array<{ readonly command: string; readonly answer: Array<string> }> = []
  for (const line of block ?? []) {
    if (line.startsWith("curl ")) requests.push({ command: line, answer: [] })
    if (line.startsWith("#> ")) requests.at(-1)?.answer.push(line.slice("#> ".length))
  }
  return requests
}

const run = promisify(execFile)

describe.skipIf(!hasRedisProgram() || Bun.which("curl") === null)("the commands of the document", () => {
  let centre: Centre
  const running: Array<ChildProcess> = []
  beforeAll(async () => {
    centre = await makeCentre()
    await centre.start()
  }, 60_000)
  afterAll(async () => {
    for (const { pid } of running) if (pid !== undefined) process.kill(-pid, "SIGKILL")
    await centre.remove()
  })

  const shell = (command: string, more: Readonly<Record<string, string>> = {}) => ({
    command: command.replace("http://127.0.0.1:5222", centre.url),
    env: {
      ...process.env,
      ...more,
      EDGE_SECRET: secret,
      PATH: [join(root, "node_modules/.bin"), dirname(denoProgram() ?? ""), process.env.PATH].join(":")
    }
  })

  /** Starts a command in a process group of its own. */
  const start = (written: string, more?: Readonly<Record<string, string>>): void => {
    const { command, env } = shell(written, more)
    running.push(spawn("sh", ["-c", command], { cwd: root, env, detached: true, stdio: "ignore" }))
  }

  const checkAnswers = async (block: ReadonlyArray<string> | undefined, port: number): Promise<void> => {
    for (const { command, answer } of requestsOf(block)) {
      expect(answer.length).toBeGreaterThan(0)
      const asked = command.replace("curl ", "curl --silent --show-error ").replace(":8787", `:${port}`)
      await eventually(command, async () => {
        const { stdout } = await run("sh", ["-c", asked])
        return answer.every((line) => stdout.split(/\r?\n/).includes(line))
      })
    }
    await eventually("the centre has the event", async () =>
      (await centre.lines()).includes("/t/app_open deviceid=abcdf")
    )
    await centre.clear()
  }

  test("a Worker is built, runs in workerd and stores events", async () => {
    const [block] = blocks
    expect(lineOf(block, /^npm start/)).toBe(
      "npm start                                   # the centre, in the first"
    )
    const built = shell(lineOf(block, /^npm run worker$/))
    const { stdout } = await run("sh", ["-c", built.command], { cwd: root, env: built.env })
    const [, size = "", compressed = ""] = /worker\.js: (\d+) KiB, (\d+) KiB compressed/.exec(stdout) ?? []
    expect(readme).toContain("480 KiB, 168 KiB compressed")
    expect(Math.abs(Number(size) - 480)).toBeLessThan(48)
    expect(Math.abs(Number(compressed) - 168)).toBeLessThan(17)
    expect(existsSync(join(root, "dist/edge/workerd.capnp"))).toBe(true)

    expect(lineOf(block, /^mkdir /)).toBe("mkdir -p .data/edge")
    const port = await freePort()
    const folder = mkdtempSync(join(tmpdir(), "spoor-edge-"))
    const own = `serve --socket-addr http=127.0.0.1:${port} --directory-path objects=${folder}`
    start(lineOf(block, /npx workerd serve/).replace("serve", own))
    await checkAnswers(block, port)
  })

  test.skipIf(denoProgram() === undefined)("deno serve runs and stores events", async () => {
    const [, block] = blocks
    const port = await freePort()
    const kv = join(mkdtempSync(join(tmpdir(), "spoor-edge-")), "kv.db")
    start(lineOf(block, /deno serve -A/).replace("8787", `${port} --host 127.0.0.1`), { EDGE_KV: kv })
    await checkAnswers(block, port)
  })
})

test("the document has the table of settings; bun deploy/edge/settings-table.ts prints it", () => {
  expect(readme).toContain(edgeSettingsTable())
})

test("the configuration of workerd passes every setting on, also those that the edge refuses", () => {
  const file = readFileSync(join(root, "deploy/edge/workerd.capnp"), "utf8")
  const passed = Array.from(file.matchAll(/\(name = "(\w+)", fromEnvironment = "\1"\)/g), ([, name]) => name)
  const names = [...edgeSettings, ...refusedSettings.map(([setting]) => setting)].map(({ name }) => name)
  expect([...passed].sort()).toEqual([...new Set(names)].filter((name) => name !== "EDGE_KV").sort())
})

test("the example for wrangler names the bundle, the class and its binding", () => {
  const file = Bun.TOML.parse(readFileSync(join(root, "deploy/edge/wrangler.toml"), "utf8")) as Record<
    string,
    unknown
  >
  expect(file).toMatchObject({
    main: "../../dist/edge/worker.js",
    no_bundle: true,
    durable_objects: { bindings: [{ name: "EDGE_QUEUE", class_name: "EdgeQueue" }] },
    migrations: [{ new_sqlite_classes: ["EdgeQueue"] }]
  })
  const names = new Set(edgeSettings.map(({ name }) => name))
  for (const name of Object.keys(file.vars as object)) expect(names.has(name)).toBe(true)
})
