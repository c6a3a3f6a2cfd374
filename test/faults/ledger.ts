/** Checks Spoor's own ledger after the case with the command `ledger`. */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import type { Account } from "./case-result.ts"
import type { World } from "./world.ts"

const command = join(import.meta.dirname, "..", "..", "actors", "commands", "ledger.ts")

/** The output of `ledger --json`, as far as it is checked. */
interface Ledger {
  readonly total: Readonly<
    Record<"received" | "stored" | "dead" | "discarded" | "waiting" | "inFlight", number>
  >
  readonly balanced: boolean
  readonly complete: boolean
  readonly warnings: ReadonlyArray<string>
}

/** The errors of the ledger after everything has drained, as sentences. */
export const ledgerProblems = async (
  world: World,
  { eventIds, dead: deadEvents, deadDeliveries }: Pick<Account, "eventIds" | "dead" | "deadDeliveries">
): Promise<ReadonlyArray<string>> => {
  const output = await askLedger(world)
  if (typeof output === "string") return [output]
  const { total, balanced, complete, warnings } = output
  const dead = deadEvents + deadDeliveries
  const wanted = { received: eventIds + dead, stored: eventIds, dead, waiting: 0, inFlight: 0 }
  const wrong = Object.entries(wanted)
    .filter(([name, count]) => total[name as keyof typeof wanted] !== count)
    .map(([name, count]) => `${name} ${total[name as keyof typeof wanted]} instead of ${count}`)
  return [
    ...(wrong.length > 0 ? [`the ledger is not exact: ${wrong.join(", ")}`] : []),
    ...(balanced && complete ? [] : [`the ledger does not balance: ${warnings.join(" ")}`])
  ]
}

/** The ledger, or an error as a sentence. */
const askLedger = async (world: World): Promise<Ledger | string> => {
  const run = promisify(execFile)(process.execPath, [command, "--json"], {
    env: { ...process.env, ...world.settings },
    timeout: 30_000
  })
  // Exit code 1 means that it does not balance; the JSON is complete nevertheless.
  const { stdout, stderr } = await run.catch(
    (error: { readonly stdout: string; readonly stderr: string }) => error
  )
  try {
    return JSON.parse(stdout) as Ledger
  } catch {
    return `the ledger printed no JSON: ${stderr}${stdout}`
  }
}
