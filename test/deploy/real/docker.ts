/** The Docker engine that DOCKER_HOST or the standard socket names, called through its command. */
import { execFile } from "node:child_process"
import { join } from "node:path"
import { promisify } from "node:util"

export const root = join(import.meta.dirname, "..", "..", "..")

/** What the command prints, without the last line end. Rejects with what it prints when it fails. */
export const docker = async (args: ReadonlyArray<string>, seconds = 120): Promise<string> => {
  const env = { ...process.env, DOCKER_BUILDKIT: "1" }
  const options = { cwd: root, timeout: seconds * 1_000, maxBuffer: 64 * 1024 * 1024, env }
  try {
    return (await promisify(execFile)("docker", [...args], options)).stdout.trimEnd()
  } catch (cause) {
    const { stderr = "", message = "" } = cause as { readonly stderr?: string; readonly message?: string }
    throw new Error(`docker ${args.slice(0, 2).join(" ")}: ${stderr.trim().slice(-2_000) || message}`)
  }
}

/** Makes `docker` use this engine. */
export const useEngine = (host: string): void => {
  process.env.DOCKER_HOST = host
}
