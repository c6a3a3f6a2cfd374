/**
 * Runs the curl commands of gateway/README.md in order, on Bun and on Deno, against a gateway with the settings of their
 * block, and compares each answer with the one below the command, exactly. Each row of the contract's table of requests
 * has a command.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { denoProgram } from "../support/deno.ts"
import { ownSettings, type runtimes, type Spoor, startSpoor } from "../support/spoor.ts"

interface Block {
  readonly settings: Readonly<Record<string, string>>
  /** Each command with the lines of its answer. */
  readonly commands: ReadonlyArray<{ command: string; answer: string }>
}

const blockOf = (text: string): Block => {
  const settings: Record<string, string> = {}
  const commands: Array<{ command: string; answer: string }> = []
  for (const line of text.split("\n")) {
    const last = commands.at(-1)
    if (line.startsWith("npm start")) continue
    if (line.startsWith("export ")) {
      for (const [, name = "", value = ""] of line.matchAll(/([A-Z_]+)=('[^']*'|\S+)/g))
        settings[name] = value.replaceAll("'", "")
    } else if (line.startsWith("#> ") && last !== undefined) last.answer += `${line.slice("#> ".length)}\n`
    else if (line === "" || line.startsWith("# ")) continue
    else if (last === undefined || last.answer !== "") commands.push({ command: line, answer: "" })
    else last.command += `\n${line}`
  }
  return { settings, commands }
}

const readme = readFileSync(join(import.meta.dirname, "../../gateway/README.md"), "utf8")
const blocks = Array.from(readme.matchAll(/<!-- curl -->\n```sh\n([\s\S]*?)```/g), ([, text = ""]) =>
  blockOf(text)
)
const commands = blocks.flatMap((block) => block.commands)

test("every command of the document has an answer", () => {
  expect(blocks.map(({ settings }) => Object.keys(settings).length)).toEqual([2, 5])
  for (const { command, answer } of commands) {
    expect(command).toMatch(/^(echo .* \| )?curl .*http:\/\/127\.0\.0\.1:5222\//)
    expect(answer).not.toBe("")
  }
})

/** The rows of the contract's table of requests, each with a pattern of its command. */
const rows: ReadonlyArray<readonly [row: string, pattern: RegExp]> = [
  ["GET any path", /^curl 'http:\S+\/event\?d=1'/],
  ["HEAD any path", /^curl -I /],
  ["GET ….gif", /\.gif\?/],
  ["GET by a client that prefers images", /Accept: image\//],
  ["POST /t/<event>, JSON", /^curl -H 'Content-Type: application\/json' -d '\{.*\/t\//],
  ["POST /t/<event>, a form", /^curl -d '\w+=.*\/t\//],
  ["POST /t/<event>, text", /text\/plain.*\/t\//],
  ["POST /batch, an array", /-d '\[.*\/batch$/],
  ["POST /batch, an object", /-d '\{"events":\[.*\/batch$/],
  ["POST /batch, NDJSON", /x-ndjson.*\/batch/],
  ["POST /track", /\/track$/],
  ["POST /api/v1/beacon", /-d .*\/api\/v1\/beacon$/],
  ["GET /api/v1/beacon", /\/api\/v1\/beacon\?/],
  ["POST /api/v1/beacon/log", /\/api\/v1\/beacon\/log/],
  ["GET /click/<id>/go", /\/click\/spring\/go/],
  ["GET /click/<id>/go by platform", /iPhone.*\/click\/spring\/go/],
  ["GET /", /5222\/$/],
  ["GET / with a query", /5222\/\?/],
  ["GET /favicon.ico", /\/favicon\.ico$/],
  ["GET /apple-*.png", /\/apple-[\w-]+\.png$/],
  ["GET /robots.txt", /\/robots\.txt$/]
]
test.each([...rows])("the document has a command for %s", (_, pattern) => {
  expect(commands.some(({ command }) => pattern.test(command.split("\n")[0] ?? ""))).toBe(true)
})

const suite = (runtime: keyof typeof runtimes, { settings, commands }: Block): void => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-readme-"))
  let spoor: Spoor
  beforeAll(async () => {
    spoor = await startSpoor(["gateway"], ownSettings(settings), runtime)
  }, 60_000)
  afterAll(() => spoor.end("SIGKILL"))

  for (const { command, answer } of commands) {
    test(command, async () => {
      const { port } = spoor.address("send events")
      const run = command.replace("curl ", "curl --silent ").replace(":5222", `:${port}`)
      const process = Bun.spawn(["sh", "-c", run], {
        cwd: folder,
        env: { ...Bun.env, ...settings },
        stdout: "pipe"
      })
      const output = (await new Response(process.stdout).text()).trim()
      expect(output).toBe(answer.trim())
    })
  }
}

const hasCurl = Bun.which("curl") !== null
for (const [place, block] of blocks.entries()) {
  describe.skipIf(!hasCurl)(`on Bun, block ${place + 1}:`, () => suite("bun", block))
  describe.skipIf(!hasCurl || denoProgram() === undefined)(`on Deno, block ${place + 1}:`, () =>
    suite("deno", block)
  )
}
