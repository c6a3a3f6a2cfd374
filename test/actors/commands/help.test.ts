/** Every command has help with its settings, a version, completions for shells, and errors of one sentence. */
import { describe, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import packageJson from "../../../package.json" with { type: "json" }
import { denoProgram } from "../../support/deno.ts"
import { ownSettings } from "../../support/spoor.ts"
import { command, commandNames, type Runtime } from "./command.ts"

const settings = ownSettings()
/** Every command on Bun, and two on Deno: one that reads settings, and the one that runs actors. */
const cases: ReadonlyArray<readonly [runtime: Runtime, name: (typeof commandNames)[number]]> = [
  ...commandNames.map((name) => ["bun", name] as const),
  ...(denoProgram() === undefined
    ? []
    : ([
        ["deno", "ledger"],
        ["deno", "actor"]
      ] as const))
]
const root = join(import.meta.dirname, "..", "..", "..")

/** A setting that each command reads. */
const settingOf: Readonly<Record<(typeof commandNames)[number], string>> = {
  actor: "actor enricher --help",
  counters: "PROJECTIONS_URL",
  "dead-letters": "GEOIP_DB",
  ledger: "REDIS_URL",
  queue: "DATA_DIR=.data",
  rules: "RULES_SECRET_*",
  tap: "VIEWER_MASK",
  top: "VIEWER_URL"
}

describe("a command", () => {
  test.each([...cases])(
    "on %s, %s has help, a version, and an error for an unknown flag",
    async (runtime, name) => {
      const help = await command(settings, name, ["--help"], runtime)
      expect(help).toMatchObject({ code: 0, err: "" })
      expect(help.out).toMatch(new RegExp(`^USAGE\n  ${name} .*\\[flags\\]`, "m"))
      expect(help.out).toContain(settingOf[name])
      expect(help.out).toMatch(/^ {2}--completions <bash\|zsh\|fish/m)
      expect(help.out.includes("  --local ")).toBe(name !== "actor")
      expect(help.out).not.toContain("[=boolean]")
      for (const line of help.out.split("\n")) expect(line.length).toBeLessThanOrEqual(160)

      const version = await command(settings, name, ["--version"], runtime)
      expect(version).toEqual({ code: 0, out: `${name} ${packageJson.version}\n`, err: "" })

      const wrong = await command(settings, name, ["--frob\u001b[31m"], runtime)
      expect(wrong).toMatchObject({ code: 64, out: "" })
      expect(wrong.err).toStartWith(`spoor: ${name} has no flag --frob\\u001b[31m; it has `)
      expect(wrong.err.trimEnd()).not.toMatch(/\p{Cc}/u)
    }
  )
})

test("help of a subcommand shows its own flags and arguments", async () => {
  const { code, out } = await command(settings, "dead-letters", ["replay", "--help"])
  expect(code).toBe(0)
  expect(out).toContain("USAGE\n  dead-letters replay [flags] [<id...>]")
  expect(out).toMatch(/^ {2}--line <text> +Replay this line instead/m)
  expect(out).toMatch(/^ {2}--stage <stage> .*\(choices: drainer, enricher, bridge, deliverer\)$/m)
  expect(out).toMatch(/^ {2}--local +Show times/m)
})

const scriptOf = async (name: (typeof commandNames)[number], shell: string): Promise<string> => {
  const { code, out, err } = await command(settings, name, ["--completions", shell])
  expect({ code, err }).toEqual({ code: 0, err: "" })
  return out
}

/** The completions that bash offers for the last of the words. */
const bashOffers = (script: string, ...words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const line = words.join(" ")
  const program = `source /dev/stdin <<'SCRIPT'\n${script}\nSCRIPT
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
COMP_LINE='${line}'; COMP_POINT=${line.length}
_${(words[0] ?? "").replaceAll("-", "_")} '${words[0]}' '${words.at(-1)}' '${words.at(-2)}'
printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync("bash", ["--norc", "-c", program], { encoding: "utf8" })
  expect(stderr).toBe("")
  return stdout.split("\n").filter((word) => word !== "")
}

describe("completions", () => {
  test("of bash: subcommands, flags and choices", async () => {
    const ledger = await scriptOf("ledger", "bash")
    expect(bashOffers(ledger, "ledger", "wh")).toEqual(["where"])
    expect(bashOffers(ledger, "ledger", "--j")).toEqual(["--json"])
    expect(bashOffers(ledger, "ledger", "where", "--")).toEqual(["--json", "--local"])
    expect(bashOffers(await scriptOf("actor", "bash"), "actor", "gateway", "enr")).toEqual(["enricher"])
    expect(bashOffers(await scriptOf("tap", "bash"), "tap", "e")).toEqual(["enriched"])
    const deadLetters = await scriptOf("dead-letters", "bash")
    expect(bashOffers(deadLetters, "dead-letters", "list", "--stage", "d")).toEqual(["drainer", "deliverer"])
  })

  test.each(["zsh", "fish"])("of %s, for every command", async (shell) => {
    for (const name of commandNames) {
      const script = await scriptOf(name, shell)
      expect(script).toContain(shell === "zsh" ? `#compdef ${name}\n` : `complete -c ${name} `)
    }
  })

  test("as the documents load them: bun run --silent ledger --completions bash", () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["run", "--silent", "ledger", "--completions", "bash"],
      { cwd: root, encoding: "utf8" }
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
    expect(bashOffers(stdout, "ledger", "--w")).toEqual(["--watch"])
  })
})

test("a test's command has the same: help, and an error with its choices", () => {
  const run = (name: string, ...args: ReadonlyArray<string>) =>
    spawnSync(process.execPath, [`test/${name}/main.ts`, ...args], { cwd: root, encoding: "utf8" })
  for (const name of ["faults", "fuzz", "bench"]) {
    const { status, stdout } = run(name, "--help")
    expect(status).toBe(0)
    expect(stdout).toContain(`USAGE\n  ${name} [flags]`)
  }
  const unknown = run("bench", "nothing")
  expect(unknown.status).toBe(64)
  expect(unknown.stderr).toStartWith('spoor: <name> cannot be "nothing"; write "gateway" |')
  expect(run("fuzz", "--seconds", "0").stderr).toBe(
    'spoor: --seconds cannot be "0"; write a number above 0\n'
  )
})
