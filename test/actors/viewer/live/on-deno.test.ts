import { expect, test } from "bun:test"
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import { denoProgram } from "../../../support/deno.ts"

const deno = denoProgram()

test.skipIf(deno === undefined)(
  "on Deno the live list works the same over sockets and streams",
  async () => {
    const root = join(import.meta.dirname, "..", "..", "..", "..")
    const args = ["run", "-A", join(import.meta.dirname, "on-deno.ts")]
    const { stdout } = await promisify(execFile)(deno ?? "deno", args, { cwd: root })
    expect(JSON.parse(stdout)).toEqual({
      socket: ["buy type=Desktop&country=DE n=1", "buy type=Desktop n=4", "buy type=Desktop n=5"],
      stream: ["open type=Desktop n=3"],
      type: "text/event-stream",
      again: false,
      stranger: 401,
      codes: [1009, 1008],
      whilePaused: 2,
      watchers: 0
    })
  },
  60_000
)
