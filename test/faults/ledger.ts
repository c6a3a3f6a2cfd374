/** Asks Spoor's own ledger, the way a person does, whether everything adds up after the case. */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"
import type { Account } from "./case-result.ts"
import type { World } from "./world.ts"

const command = join(import.meta.dirname, "..", "..", "actors", "commands", "ledger.ts")

/** What `ledger --json` says, so far as it is judged. */
interface Ledger {
  readonly total: Readonly<
    Record<"received" | "stored" | "dead" | "discarded" | "waiting" | "inFlight", number>
  >
  readonly balanced: boolean
  readonly complete: boolean
  readonly warnings: ReadonlyArray<string>
}

/** What the ledger says that is not so, now that everything has drained; as sentences. */
export const ledgerProblems = async (
  world: World,
  { eventIds, dead }: Pick<Account, "eventIds" | "dead">
): Promise<ReadonlyArray<string>> => {
  const said = await askLedger(world)
  if (typeof said === "string") return [said]
  const { total, balanced, complete, warnings } = said
  const wanted = { received: eventIds + dead, stored: eventIds, dead, waiting: 0, inFlight: 0 }
  const wrong = Object.entries(wanted)
    .filter(([name, count]) => total[name as keyof typeof wanted] !== count)
    .map(([name, count]) => `${name} ${total[name as keyof typeof wanted]} instead of ${count}`)
  return [
    ...(wrong.length > 0 ? [`the ledger is not exact: ${wrong.join(", ")}`] : []),
    ...(balanced && complete ? [] : [`the ledger does not balance: ${warnings.join(" ")}`])
  ]
}

/** The ledger, or why there is none. */
const askLedger = async (world: World): Promise<Ledger | string> => {
  const run = promisify(execFile)(process.execPath, [command, "--json"], {
    env: { ...process.env, ...world.settings },
    timeout: 30_000
  })
  // It exits with 1 when it does not balance, and has said so in JSON.
  const { stdout, stderr } = await run.catch(
    (error: { readonly stdout: string; readonly stderr: string }) => error
  )
  try {
    return JSON.parse(stdout) as Ledger
  } catch {
    return `the ledger said nothing: ${stderr}${stdout}`
  }
}
