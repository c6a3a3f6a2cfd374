/** Starts a server of this folder on the measured core, and returns its address. */
import { spawn } from "node:child_process"
import { join } from "node:path"
import { diesWithUs } from "../../support/dies-with-us.ts"
import { at } from "../pinned.ts"

export interface BenchServer {
  readonly url: URL
  readonly pid: number | undefined
  readonly stop: () => void
}

export const startServer = async (
  runtime: string,
  file: string,
  settings: Readonly<Record<string, string>> = {}
): Promise<BenchServer> => {
  const [command = runtime, ...args] = [...at("measured"), runtime, join(import.meta.dirname, file)]
  const child = diesWithUs(
    spawn(command, args, { env: { ...process.env, ...settings }, stdio: ["ignore", "pipe", "inherit"] })
  )
  const port = await new Promise<string>((resolve, reject) => {
    let output = ""
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString()
      const found = /^port (\d+)/m.exec(output)?.[1]
      if (found !== undefined) resolve(found)
    })
    child.once("close", (code) => reject(new Error(`${file} exited with ${code} before it listened.`)))
    child.once("error", reject)
  })
  return { url: new URL(`http://127.0.0.1:${port}`), pid: child.pid, stop: () => void child.kill("SIGKILL") }
}
