/** The cache folder of the programs and images that the tests on a real engine need, and the report of each step's time. */
import { execFile } from "node:child_process"
import { mkdirSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

/** A folder in the user's cache, outside of this tree; it is created. */
export const cacheFolder = (...names: ReadonlyArray<string>): string => {
  const folder = join(
    process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"),
    "spoor",
    "deploy-test",
    ...names
  )
  mkdirSync(folder, { recursive: true })
  return folder
}

/** Does the work and writes its name and its duration to standard error. */
export const step = async <A>(name: string, work: () => Promise<A>): Promise<A> => {
  const from = performance.now()
  process.stderr.write(`${name} …\n`)
  const result = await work()
  process.stderr.write(`${name}: ${((performance.now() - from) / 1000).toFixed(0)} s\n`)
  return result
}

/** What a program prints on standard output. Rejects with the end of its standard error when it fails. */
export const run = async (
  program: string,
  args: ReadonlyArray<string>,
  options: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {}
): Promise<string> => {
  const env = { ...process.env, ...options.env }
  const limits = { maxBuffer: 64 * 1024 * 1024, timeout: 1_200_000 }
  try {
    return (await promisify(execFile)(program, [...args], { ...options, ...limits, env })).stdout.trimEnd()
  } catch (cause) {
    const { stderr = "", message = "" } = cause as { readonly stderr?: string; readonly message?: string }
    throw new Error(`${program} ${args.slice(0, 3).join(" ")}: ${stderr.trim().slice(-1_500) || message}`)
  }
}
