/** The README's curl lines are true: each is run against a gateway and answers what stands below it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { mkdtempSync, readFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { type Server, serve } from "../../gateway/serve.ts"
import { linkGateway, token } from "./links/gateway.ts"

const readme = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8")
const [, block = ""] = /<!-- curl -->\n```sh\n([\s\S]*?)```/.exec(readme) ?? []

/** Each command with the lines that it answers. */
const commands = Array.from(
  block.matchAll(/^(curl .*)\n((?:#> .*\n)+)/gm),
  ([, command = "", answer = ""]) => ({ command, answer: answer.replaceAll("#> ", "").trim() })
)

describe.skipIf(Bun.which("curl") === null)("the README's", () => {
  const { app } = linkGateway()
  const folder = mkdtempSync(join(tmpdir(), "spoor-readme-"))
  let server: Server
  beforeAll(async () => {
    server = await serve({ port: 0, hostname: "127.0.0.1", fetch: app.fetch, countsBodies: true })
  })
  afterAll(() => server.close())

  test("curl lines all have an answer", () => {
    expect(commands).toHaveLength(block.match(/^curl /gm)?.length ?? 0)
    expect(commands.length).toBeGreaterThan(15)
  })

  for (const { command, answer } of commands) {
    test(command, async () => {
      const process = Bun.spawn(
        ["sh", "-c", command.replace("curl ", "curl --silent ").replace(":5222", `:${server.port}`)],
        { cwd: folder, env: { ...Bun.env, LINKS_TOKEN: token }, stdout: "pipe" }
      )
      expect((await new Response(process.stdout).text()).trim()).toBe(answer)
    })
  }
})
