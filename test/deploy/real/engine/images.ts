/**
 * The images of other projects that Dockerfile and compose.yaml name, for an engine of the tests' own, which pulls none: local
 * stand-ins under the same names, made of Debian's packages and Kafka's jars. Each is built once and kept by the engine.
 */
import { createHash } from "node:crypto"
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { howToGetKafka, kafkaJars } from "../../../support/kafka-broker.ts"
import { docker } from "../docker.ts"
import { cacheFolder, run, step } from "./cache.ts"
import { debianMirror, type Programs } from "./programs.ts"

const recipes = join(import.meta.dirname, "..", "stand-ins")

/** The image that compose.yaml names, by the folder of its stand-in. */
export const standIns = {
  redis: "redis:7-bookworm",
  nats: "nats:2-alpine",
  kafka: "apache/kafka:4.1.0",
  prometheus: "prom/prometheus:v3.5.0",
  alertmanager: "prom/alertmanager:v0.28.1",
  caddy: "caddy:2"
} as const

export const debianImage = "debian:bookworm-slim"
/** Debian for 64-bit ARM, of which only files are read. */
export const armImage = "debian:bookworm-slim-arm64"
const nodeImage = "node:22-bookworm-slim"

/** The processor of an image; empty where there is no such image. */
const architectureOf = (tag: string): Promise<string> =>
  docker(["image", "inspect", "--format", "{{.Architecture}}", tag]).catch(() => "")

/** A minimal Debian from its packages. `isForeign`: for another processor, unpacked and not set up. */
const buildDebian = async (programs: Programs, tag: string, architecture: string, isForeign: boolean) => {
  if ((await architectureOf(tag)) === architecture) return
  await step(`Building a stand-in for ${tag}`, async () => {
    const folder = cacheFolder(`debian-${architecture}`)
    rmSync(folder, { recursive: true })
    const kind = ["--variant=minbase", `--arch=${architecture}`, ...(isForeign ? ["--foreign"] : [])]
    await run(programs.debootstrap, [...kind, "bookworm", folder, debianMirror], {
      env: { PATH: programs.path }
    })
    if (isForeign) await listPackages(folder)
    rmSync(join(folder, "var", "cache", "apt", "archives"), { recursive: true, force: true })
    const context = cacheFolder("debian-image")
    const archive = join(context, "root.tar")
    await run("tar", ["--exclude=./dev/*", "--exclude=./proc/*", "-cf", archive, "-C", folder, "."])
    writeFileSync(join(context, "Dockerfile"), 'FROM scratch\nADD root.tar /\nCMD ["bash"]\n')
    // `docker import` does not note another processor.
    await build(tag, join(context, "Dockerfile"), context, "--platform", `linux/${architecture}`)
    rmSync(context, { recursive: true })
    rmSync(folder, { recursive: true })
  })
}

/** Writes dpkg's list of the packages, which a set-up system has; here they are only unpacked. */
const listPackages = async (folder: string): Promise<void> => {
  const archives = join(folder, "var", "cache", "apt", "archives")
  const files = readdirSync(archives).filter((name) => name.endsWith(".deb"))
  const texts = await Promise.all(files.map((name) => run("dpkg-deb", ["-f", join(archives, name)])))
  writeFileSync(join(folder, "var", "lib", "dpkg", "status"), `${texts.join("\n\n")}\n`)
}

/** The file of a program on PATH. */
const programFile = async (name: string): Promise<string> =>
  realpathSync(await run("sh", ["-c", `command -v ${name}`]))

/** Debian with this machine's Node, npm and certificate authorities. */
const buildNode = async (): Promise<void> => {
  if ((await architectureOf(nodeImage)) !== "") return
  await step(`Building a stand-in for ${nodeImage}`, async () => {
    const context = mkdtempSync(join(tmpdir(), "spoor-node-image-"))
    cpSync(await programFile("node"), join(context, "node"))
    cpSync(dirname(dirname(await programFile("npm"))), join(context, "npm"), { recursive: true })
    const authorities = "/etc/ssl/certs/ca-certificates.crt"
    if (existsSync(authorities)) cpSync(authorities, join(context, "certs", "ca-certificates.crt"))
    await build(nodeImage, join(recipes, "node", "Dockerfile"), context)
    rmSync(context, { recursive: true })
  })
}

const build = (tag: string, file: string, context: string, ...more: ReadonlyArray<string>) =>
  docker(["build", "--network", "host", "--file", file, ...more, "--tag", tag, context], 1_200)

/** Everything that determines a stand-in. */
const digestOf = (folder: string): string => {
  const hash = createHash("sha256")
  for (const name of readdirSync(folder).toSorted()) hash.update(readFileSync(join(folder, name)))
  return hash.digest("hex")
}

const buildServer = async (name: string, tag: string): Promise<void> => {
  const recipe = join(recipes, name)
  const digest = digestOf(recipe)
  const format = '{{index .Config.Labels "spoor.recipe"}}'
  const found = await docker(["image", "inspect", "--format", format, tag]).catch(() => "")
  if (found === digest) return
  await step(`Building a stand-in for ${tag}`, async () => {
    const context = mkdtempSync(join(tmpdir(), `spoor-${name}-image-`))
    cpSync(recipe, context, { recursive: true })
    if (name === "kafka") {
      const jars = await kafkaJars()
      if (jars === undefined) throw new Error(`Kafka's jars are missing. ${howToGetKafka}`)
      cpSync(jars, join(context, "libs"), { recursive: true })
    }
    await build(tag, join(context, "Dockerfile"), context, "--label", `spoor.recipe=${digest}`)
    rmSync(context, { recursive: true })
  })
}

/** What the Dockerfile of Spoor starts from. */
export const buildBases = async (programs: Programs): Promise<void> => {
  await buildDebian(programs, debianImage, "amd64", false)
  await buildDebian(programs, armImage, "arm64", true)
  await buildNode()
}

/** What compose.yaml starts besides Spoor, apart from Grafana. */
export const buildServers = async (): Promise<void> => {
  for (const [name, tag] of Object.entries(standIns)) await buildServer(name, tag)
}

/** Copies images that the engine at `to` lacks, or has in another version, from the engine in use. */
export const copyImages = async (to: string, tags: ReadonlyArray<string>): Promise<void> => {
  const idOf = (host: ReadonlyArray<string>, tag: string): Promise<string> =>
    docker([...host, "image", "inspect", "--format", "{{.Id}}", tag]).catch(() => "")
  for (const tag of tags) {
    if ((await idOf([], tag)) === (await idOf(["--host", to], tag))) continue
    await step(`Copying ${tag} to the engine of compose`, async () => {
      const file = join(cacheFolder(), "image.tar")
      await docker(["save", "--output", file, tag], 300)
      await docker(["--host", to, "load", "--input", file], 300)
      rmSync(file)
    })
  }
}
