/**
 * Deployment on real engines: `bun run deploy-test <name>`, one of the names below. Each takes minutes, so it is no part of
 * `npm test`; its last result is in results.json and in deploy/README.md. Ends with 1 when a check failed, with 64 for an
 * unknown name.
 */
import { stopServers } from "../../support/server.ts"
import { alerted } from "./alerts.ts"
import { binary } from "./binary.ts"
import { composed } from "./compose.ts"
import { dashboards } from "./dashboards.ts"
import { image } from "./image.ts"
import { kubernetes } from "./kubernetes.ts"
import { type Check, writeRun } from "./results.ts"
import { tracing } from "./tracing.ts"

const kinds: Readonly<Record<string, () => Promise<ReadonlyArray<Check>>>> = {
  image,
  binary,
  compose: composed,
  kubernetes,
  tracing,
  alerts: alerted,
  dashboards
}

/** Words behind the name choose a part; its result is kept by all of them. */
const [name = "", ...parts] = process.argv.slice(2)
const words = [name, ...parts].join(" ")
const run = kinds[name]
if (run === undefined) {
  process.stderr.write(`deploy-test needs one of: ${Object.keys(kinds).join(", ")}.\n`)
  process.exit(64)
}

const checks = await run()
for (const { name, passed, proof } of checks)
  process.stdout.write(`${passed ? "ok  " : "FAIL"} ${name}\n      ${proof}\n`)
const failed = checks.filter(({ passed }) => !passed).length
writeRun(words, {
  date: new Date().toISOString().slice(0, 10),
  command: `bun run deploy-test ${words}`,
  checks
})
process.stdout.write(`\n${checks.length - failed} passed, ${failed} failed\n`)
await stopServers()
process.exit(failed === 0 ? 0 : 1)
