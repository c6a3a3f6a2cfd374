/**
 * The npm package, as somebody outside uses it: built, installed by npm into an empty folder without any install script,
 * type-checked there, and run by `npx spoor`. The lines of the README files that name this test are typed as they are; the
 * examples are those of actors/README.md.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { spawn, spawnSync } from "node:child_process"
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, dirname, join } from "node:path"
import { connect } from "@nats-io/transport-node"
import { readmes, root } from "../../deploy/documents.ts"
import { buildPackage } from "../../deploy/package/build.ts"
import { importsOf, withJsImports } from "../../deploy/package/declarations.ts"
import nodeTypes from "../../node_modules/@types/node/package.json" with { type: "json" }
import packageJson from "../../package.json" with { type: "json" }
import { denoProgram } from "../support/deno.ts"
import { diesWithUs } from "../support/dies-with-us.ts"
import { eventually } from "../support/eventually.ts"
import { exampleIn } from "../support/examples.ts"
import { canStartNats, privateNats } from "../support/nats.ts"
import { ownSettings } from "../support/spoor.ts"

const marked = /<!-- run by test\/deploy\/package\.test\.ts -->\n```sh\n([\s\S]*?)```/g
const lines = readmes()
  .flatMap(({ text }) => Array.from(text.matchAll(marked), ([, block = ""]) => block.trimEnd().split("\n")))
  .flat()

/** The line of the README files that is this before its comment; it is typed with its comment. */
const lineWith = (part: string): string => {
  const [found, ...others] = lines.filter((line) => line.replace(/\s+#.*$/, "") === part)
  if (found === undefined || others.length > 0) throw new Error(`The README files do not have "${part}" once`)
  return found
}

const project = mkdtempSync(join(tmpdir(), "spoor-outside-"))
let packed = ""

/** Programs of this tree are not in the PATH; `bun` is in it for the tests of the project, and not for `npx spoor`. */
const outsidePath = (process.env.PATH ?? "").split(delimiter).filter((part) => !part.startsWith(root))

const environment = (more: Readonly<Record<string, string>> = {}): Record<string, string> => {
  const { npm_config_user_agent: _, ...others } = process.env
  return {
    ...(others as Record<string, string>),
    ...ownSettings({ DATA_DIR: ".data" }),
    ...{ npm_config_ignore_scripts: "true", npm_config_prefer_offline: "true", npm_config_yes: "false" },
    PATH: outsidePath.join(delimiter),
    ...more
  }
}

/** Types a line in the project and waits for its end. */
const typed = (line: string, more: Readonly<Record<string, string>> = {}) => {
  const { status, stdout, stderr } = spawnSync("sh", ["-c", line], {
    cwd: project,
    env: environment(more),
    encoding: "utf8"
  })
  return { code: status, out: stdout, err: stderr }
}

/** Starts a line and waits for the banner. `address`: of the banner. `end`: SIGTERM to the line's own process. */
const started = async (line: string, more: Readonly<Record<string, string>> = {}) => {
  const child = diesWithUs(
    spawn("sh", ["-c", `exec ${line}`], {
      cwd: project,
      env: environment(more),
      stdio: ["ignore", "pipe", "pipe"]
    })
  )
  let output = ""
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString()
    })
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve))
  const banner = (): Record<string, string> | undefined => {
    const found = output.split("\n").find((one) => one.includes('"message":"Spoor is running'))
    return found === undefined ? undefined : JSON.parse(found)
  }
  const found = await Promise.race([
    eventually(`${line} runs`, banner, 60_000),
    ended.then((code) => Promise.reject(new Error(`${line} ended with ${code}:\n${output}`)))
  ])
  return {
    found,
    output: () => output,
    ended,
    end: () => {
      child.kill("SIGTERM")
      return ended
    }
  }
}

const forEditors = "npm install --save-dev typescript @types/node"

/** The line with the versions of this tree, so that a newer one cannot fail this test. */
const pinned = (line: string): string =>
  line
    .replace("typescript", packageJson.devDependencies["typescript-7"].replace("npm:", ""))
    .replace("@types/node", `@types/node@${nodeTypes.version}`)

const metricsOf = async (banner: Readonly<Record<string, string>>): Promise<string> =>
  (await fetch(new URL("/metrics", banner.health))).text()

const counted = 'spoor_actor_events_total{actor="browser-counter",outcome="succeeded"} 1'

beforeAll(async () => {
  packed = buildPackage()
  copyFileSync(packed, join(project, packed.slice(dirname(packed).length + 1)))
  for (const name of ["browser-counter.ts", "browser-counter.test.ts", "tsconfig.json"])
    writeFileSync(join(project, name), exampleIn("actors/README.md", name))
  const installs = [lineWith("npm install ./spoor-*.tgz"), pinned(lineWith(forEditors))]
  for (const line of installs) {
    const { code, err } = typed(line)
    if (code !== 0) throw new Error(`${line}: ${err}`)
  }
}, 300_000)
afterAll(() => rmSync(project, { recursive: true, force: true }))

describe("what is packed", () => {
  const listed = (): ReadonlyArray<string> =>
    spawnSync("tar", ["-tzf", packed], { encoding: "utf8" }).stdout.trimEnd().split("\n")

  test("is on the list of what may be in it, small, and has what an editor needs", () => {
    const allowed =
      /^package\/(LICENSE|README\.md|package\.json|bin\/spoor\.mjs|(actors|bridge|contracts|gateway)\/[\w./-]+\.(js|json|d\.ts)|(actors\/viewer\/web|contracts\/generated)\/[\w.-]+\.(html|css|ts|py|go)|actors\/notifier\/(texts|channels)\/\w+\.yaml)$/
    expect(listed().filter((path) => !allowed.test(path))).toEqual([])
    expect(readFileSync(packed).length).toBeLessThan(1_000_000)
    expect(listed()).toContain("package/actors/package/testing.d.ts")
    expect(listed()).not.toContain("package/actors/viewer/app.d.ts")
  })

  test("has no install script, the exports and the peer, and stays private", () => {
    const path = join(project, "node_modules", "spoor", "package.json")
    const made = JSON.parse(readFileSync(path, "utf8"))
    expect(made).toMatchObject({ name: "spoor", version: packageJson.version, private: true })
    expect([made.scripts, made.devDependencies, made.dependencies.effect]).toEqual([
      undefined,
      undefined,
      undefined
    ])
    expect(Object.keys(made.exports)).toEqual(Object.keys(packageJson.exports))
    expect(made.peerDependencies).toEqual({ effect: `~${packageJson.dependencies.effect}` })
  })

  test("declarations import what is beside them; imports in comments are none", () => {
    const text =
      'import type { A } from "../a.ts"\nexport declare const b: import("./b.ts").B\n/** from "./c.ts" */'
    expect(importsOf(text)).toEqual(["../a", "./b"])
    expect(withJsImports('export * from "./a.b.ts"')).toBe('export * from "./a.b.js"')
  })
})

describe("a project outside", () => {
  test("is type-checked with strict rules, of Spoor's declarations too, and a wrong actor is an error", () => {
    const strictest = "--skipLibCheck false --exactOptionalPropertyTypes --noUncheckedIndexedAccess"
    expect(typed(`npx tsc ${strictest}`)).toEqual({ code: 0, out: "", err: "" })
    const wrong = exampleIn("actors/README.md", "browser-counter.ts").replace(
      "requires: [eventLog]",
      "requires: []"
    )
    writeFileSync(join(project, "wrong.ts"), wrong)
    const { code, out } = typed("npx tsc")
    rmSync(join(project, "wrong.ts"))
    expect([code, out]).toEqual([expect.any(Number), expect.stringContaining("wrong.ts")])
    expect(code).not.toBe(0)
  }, 180_000)

  test("lists, describes and checks its actor; the other commands run too", () => {
    const list = typed(lineWith("npx spoor actor ./browser-counter.ts --list"))
    expect(list.out).toMatch(/^gateway [\s\S]*\nbrowser-counter +Counts events by browser, in memory\.\n$/)
    const help = typed(lineWith("npx spoor actor ./browser-counter.ts --help"))
    expect(help.out).toStartWith("browser-counter: Counts events by browser, in memory.\n")
    const check = typed(lineWith("npx spoor actor ./browser-counter.ts --check"))
    expect([check.code, check.out]).toEqual([0, expect.stringContaining("of browser-counter can be used")])
    expect(typed(lineWith("npx spoor --help")).out).toStartWith(`spoor ${packageJson.version}\n`)
    expect(typed("npx spoor ledger --help").out).toContain("SETTINGS")
    expect(typed("npx spoor nothing").code).toBe(64)
    expect(typed("npx spoor actor ./missing.ts").code).toBe(64)
  }, 180_000)

  test("runs its actor by npx beside Spoor's: an event sent over HTTP is counted; a signal to npm drains it", async () => {
    const spoor = await started(
      lineWith("npx spoor actor ./browser-counter.ts gateway drainer enricher bridge")
    )
    expect((await fetch(spoor.found["send events"] ?? "")).status).toBe(200)
    await eventually("the event is counted", async () => (await metricsOf(spoor.found)).includes(counted))
    await spoor.end()
    await eventually("Spoor has drained", () => spoor.output().includes("SIGTERM: draining"))
    await eventually("Spoor has ended", () =>
      fetch(spoor.found.health ?? "").then(
        () => false,
        () => true
      )
    )
  }, 120_000)

  test("runs it alone, and with all of Spoor's; SIGTERM drains with exit code 0", async () => {
    const direct = (line: string): string => lineWith(line).replace("npx ", "node_modules/.bin/")
    const alone = await started(direct("npx spoor actor ./browser-counter.ts"))
    expect(await (await fetch(alone.found.health ?? "")).json()).toMatchObject({
      status: "ready",
      actors: { "browser-counter": "up" }
    })
    expect(await alone.end()).toBe(0)

    const all = await started(direct("npx spoor start ./browser-counter.ts"), { DATA_DIR: ".all" })
    expect(all.found.message).toContain("viewer, browser-counter")
    expect((await fetch(all.found["send events"] ?? "")).status).toBe(200)
    await eventually("the event is counted", async () => (await metricsOf(all.found)).includes(counted))
    expect(await (await fetch(all.found["watch them"] ?? "")).text()).toContain("<html")
    for (const path of ["/page/events.ts", "/contracts/raw-batch.2.json"])
      expect([path, (await fetch(new URL(path, all.found["watch them"]))).status]).toEqual([path, 200])
    expect(await all.end()).toBe(0)
    const bare = await started(direct("npx spoor start"), { DATA_DIR: ".bare" })
    expect(await bare.end()).toBe(0)
  }, 120_000)

  test.if(canStartNats)(
    "is registered with NATS as each actor of Spoor is",
    async () => {
      const nats = await privateNats()
      await nats.start()
      const spoor = await started("node_modules/.bin/spoor actor ./browser-counter.ts", {
        NATS_URL: nats.url,
        DATA_DIR: ".nats"
      })
      const connection = await connect({ servers: nats.url })
      const info = (await connection.request("$SRV.INFO.browser-counter")).json()
      expect(info).toMatchObject({
        name: "browser-counter",
        description: "Counts events by browser, in memory.",
        metadata: { receives: "records of the log (group spoor-browser-counter)" }
      })
      await connection.close()
      expect(await spoor.end()).toBe(0)
      await nats.remove()
    },
    180_000
  )

  test("with an effect of another version beside it, does not start and says why", () => {
    const other = join(project, "old")
    mkdirSync(join(other, "node_modules", "effect"), { recursive: true })
    writeFileSync(
      join(other, "node_modules", "effect", "package.json"),
      '{"name":"effect","version":"3.19.0"}'
    )
    copyFileSync(join(project, "browser-counter.ts"), join(other, "browser-counter.ts"))
    const { code, err } = typed("npx spoor actor ./old/browser-counter.ts")
    expect([code, err]).toEqual([78, expect.stringContaining("is built against effect 3.19.0, and Spoor ")])
  }, 180_000)

  test("runs its test of the actor on Bun", () => {
    const programs = join(project, "programs")
    mkdirSync(programs)
    symlinkSync(process.execPath, join(programs, "bun"))
    const { code, err } = typed(lineWith("bun test"), { PATH: [programs, ...outsidePath].join(delimiter) })
    expect([code, err]).toEqual([0, expect.stringContaining("2 pass")])
  }, 180_000)
})

const deno = denoProgram()
describe.if(deno !== undefined)("a project outside, on Deno", () => {
  const withDeno = (line: string): string => line.replace(/^deno /, `${deno} `)

  test("runs its test, which Deno type-checks", () => {
    const { code, out, err } = typed(withDeno(lineWith("deno test -A")), { NO_COLOR: "1" })
    expect([code, out, err]).toEqual([0, expect.stringContaining("2 passed"), expect.any(String)])
  }, 120_000)

  test("runs its actor; SIGTERM drains with exit code 0", async () => {
    const text = readmes().find(({ path }) => path === "actors/README.md")?.text ?? ""
    const [, line = ""] = /`(deno run -A npm:spoor actor [^`]*)`/.exec(text) ?? []
    const spoor = await started(`${withDeno(line)} gateway drainer enricher bridge`, { DATA_DIR: ".deno" })
    expect((await fetch(spoor.found["send events"] ?? "")).status).toBe(200)
    await eventually("the event is counted", async () => (await metricsOf(spoor.found)).includes(counted))
    expect(await spoor.end()).toBe(0)
  }, 120_000)
})

test("every line that names this test is typed by it", () => {
  expect(lines.map((line) => line.replace(/\s+#.*$/, "")).toSorted()).toEqual(
    [
      "bun test",
      "deno test -A",
      "npm install ./spoor-*.tgz",
      forEditors,
      "npx spoor --help",
      "npx spoor actor ./browser-counter.ts",
      "npx spoor actor ./browser-counter.ts --check",
      "npx spoor actor ./browser-counter.ts --help",
      "npx spoor actor ./browser-counter.ts --list",
      "npx spoor actor ./browser-counter.ts gateway drainer enricher bridge",
      "npx spoor start",
      "npx spoor start ./browser-counter.ts"
    ].toSorted()
  )
})
