/** The Docker engine that DOCKER_HOST or the standard socket names, called through its command. */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"

export const root = join(import.meta.dirname, "..", "..", "..")

/** What the command prints, without the last line end. Rejects with what it prints when it fails. */
export const docker = async (args: ReadonlyArray<string>, seconds = 120): Promise<string> => {
  const options = { cwd: root, timeout: seconds * 1_000, maxBuffer: 64 * 1024 * 1024 }
  try {
    return (await promisify(execFile)("docker", [...args], options)).stdout.trimEnd()
  } catch (cause) {
    const { stderr = "", message = "" } = cause as { readonly stderr?: string; readonly message?: string }
    throw new Error(`docker ${args.slice(0, 2).join(" ")}: ${stderr.trim().slice(-2_000) || message}`)
  }
}

/** Ends the run with one sentence where no engine answers. */
export const needsDocker = async (): Promise<void> => {
  await docker(["version"], 10).catch((cause: unknown) => {
    process.stderr.write(
      `No Docker engine answers, so this cannot run. Start one, or set DOCKER_HOST. ${String(cause)}\n`
    )
    process.exit(1)
  })
}
