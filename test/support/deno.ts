/**
 * Deno for tests: the program in DENO or in the PATH, otherwise the npm package, in a cache folder outside the project. It
 * is not a dependency of the project, because `deno task` would run the `deno` of node_modules as a script.
 */
import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { isMissing } from "./missing.ts"
import { hasProgram } from "./server.ts"

const version = "2.9.6"

/** The path of Deno; undefined if it is missing and cannot be installed. With CI=true that is an error. */
export const denoProgram = (): string | undefined => {
  const named = process.env.DENO
  if (named !== undefined && named !== "") return named
  if (hasProgram("deno")) return "deno"
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "spoor", `deno-${version}`)
  const program = join(folder, "node_modules", "deno", "deno")
  if (existsSync(program)) return program
  try {
    mkdirSync(folder, { recursive: true })
    const install = ["install", "--prefix", folder, "--no-save", "--no-audit", "--no-fund", `deno@${version}`]
    execFileSync("npm", install, { stdio: "ignore" })
    execFileSync(join(folder, "node_modules", ".bin", "deno"), ["--version"], { stdio: "ignore" })
    return existsSync(program) ? program : join(folder, "node_modules", ".bin", "deno")
  } catch (cause) {
    return isMissing(`Deno is missing, so its suites cannot run. Install Deno ${version} or set DENO.`, cause)
  }
}
