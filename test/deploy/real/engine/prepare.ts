/**
 * Prepares what `bun run deploy-test` needs, with progress and times: the Docker engine that answers, with the images it
 * pulls; or, where none answers, an engine of the tests' own with local stand-ins for the images. Own engines live until
 * `stop`.
 */
import { docker, useEngine } from "../docker.ts"
import { step } from "./cache.ts"
import { type Engine, startEngine } from "./engine.ts"
import { buildBases, buildServers, copyImages, debianImage, standIns } from "./images.ts"
import { enginePrograms, pluginFolder } from "./programs.ts"

export interface Prepared {
  /** What the engine is, for the results. */
  readonly engine: string
  /** Are the images stand-ins? */
  readonly isOwn: boolean
  readonly stop: () => Promise<void>
}

/** Ends the run with one sentence where something cannot be had. */
const giveUp = (sentence: string): never => {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}

const version = (): Promise<string> => docker(["version", "--format", "{{.Server.Version}}"], 20)

/** `forCompose`: an engine with networks, and the images of compose.yaml; `spoor` is the tag that the caller builds. */
export const prepare = async (forCompose: boolean, buildSpoor: () => Promise<string>): Promise<Prepared> => {
  await docker(["--version"]).catch(() => giveUp("The test needs the command docker: install Docker."))
  const plugins = await step("Finding buildx and compose", pluginFolder)
  if (plugins !== undefined) process.env.DOCKER_CONFIG = plugins
  const found = await version().catch(() => undefined)
  if (found !== undefined) {
    await buildSpoor()
    return { engine: `Docker ${found}`, isOwn: false, stop: async () => {} }
  }
  const programs = await enginePrograms()
  if (typeof programs === "string") return giveUp(`No Docker engine answers. ${programs}`)
  const builder = await step("Starting a Docker engine of the test", () => startEngine("build", programs))
  useEngine(builder.host)
  let running: Engine = builder
  try {
    await buildBases(programs)
    if (forCompose) {
      await buildServers()
      const spoor = await buildSpoor()
      running = await startEngine("run", programs)
      await copyImages(running.host, [debianImage, spoor, ...Object.values(standIns)])
      useEngine(running.host)
      await builder.stop()
    } else await buildSpoor()
  } catch (error) {
    await Promise.all([...new Set([builder, running])].map((one) => one.stop().catch(() => undefined)))
    throw error
  }
  return { engine: `Docker ${await version()}, started by the test`, isOwn: true, stop: running.stop }
}
