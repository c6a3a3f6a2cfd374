/** A process started by npm stops when npm is signalled. */
import { expect, test } from "bun:test"
import { spawn } from "node:child_process"
import { join } from "node:path"
import { diesWithUs } from "../../support/dies-with-us.ts"
import { ownSettings } from "../../support/spoor.ts"

const root = join(import.meta.dirname, "..", "..", "..")

test("SIGTERM at `npm run actor` reaches Spoor, although npm's shell does not pass it on", async () => {
  const npm = diesWithUs(
    spawn("npm", ["run", "--silent", "actor", "--", "gateway"], {
      cwd: root,
      env: { ...process.env, ...ownSettings() },
      stdio: ["ignore", "pipe", "inherit"],
      detached: true
    })
  )
  let output = ""
  const isUp = new Promise<void>((resolve) => {
    npm.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString()
      if (output.includes("Spoor is running")) resolve()
    })
  })
  // The stream closes when the last process that writes to it has ended: Spoor, not npm.
  const hasEnded = new Promise<void>((resolve) => npm.stdout.once("close", resolve))
  await isUp
  npm.kill("SIGTERM")
  const killTimer = setTimeout(() => npm.pid !== undefined && process.kill(-npm.pid, "SIGKILL"), 20_000)
  await hasEnded
  clearTimeout(killTimer)
  expect(output).toContain("SIGTERM: draining")
}, 30_000)
