/**
 * Images for containerd without an engine that builds them: the root file system that deploy/image/Dockerfile lays out, with
 * what its last stage says of user, environment and program; and the pause image of pods.
 */
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { arch } from "node:os"
import { join } from "node:path"
import { root } from "../docker.ts"
import { built } from "./place.ts"

interface Settings {
  readonly Env?: ReadonlyArray<string>
  readonly Entrypoint: ReadonlyArray<string>
  readonly Cmd?: ReadonlyArray<string>
  readonly User?: string
  readonly WorkingDir?: string
}

/** Packs a root file system into an archive that `ctr images import` reads; returns the archive. */
const pack = (folder: string, system: string, name: string, config: Settings): string => {
  const layer = join(folder, "layer.tar")
  execFileSync("tar", ["--create", "--file", layer, "--directory", system, "--numeric-owner", "."])
  const digest = createHash("sha256").update(readFileSync(layer)).digest("hex")
  const image = {
    architecture: arch() === "arm64" ? "arm64" : "amd64",
    os: "linux",
    config,
    rootfs: { type: "layers", diff_ids: [`sha256:${digest}`] }
  }
  writeFileSync(join(folder, "config.json"), JSON.stringify(image))
  const manifest = [{ Config: "config.json", RepoTags: [`docker.io/library/${name}`], Layers: ["layer.tar"] }]
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest))
  const archive = join(folder, "image.tar")
  const files = ["manifest.json", "config.json", "layer.tar"]
  execFileSync("tar", ["--create", "--file", archive, "--directory", folder, ...files])
  return archive
}

/** What the last stage of the Dockerfile says. */
const lastStage = (): Settings => {
  const text =
    readFileSync(join(root, "deploy", "image", "Dockerfile"), "utf8")
      .split(/^FROM /m)
      .at(-1) ?? ""
  const word = (instruction: string): string =>
    new RegExp(`^${instruction} (.*)$`, "m").exec(text.replaceAll(/\\\n\s*/g, ""))?.[1] ?? ""
  const list = (instruction: string): ReadonlyArray<string> =>
    JSON.parse(
      new RegExp(`^${instruction} (\\[.*\\])$`, "m").exec(text)?.[1] ?? "[]"
    ) as ReadonlyArray<string>
  return {
    Env: word("ENV").split(/\s+/),
    Entrypoint: list("ENTRYPOINT"),
    Cmd: list("CMD"),
    User: word("USER"),
    WorkingDir: word("WORKDIR")
  }
}

/** The image spoor:<tag> of the sources as they are here. Installs the packages of the lock file, so it needs npm. */
export const spoorArchive = (folder: string, tag: string): string => {
  const [app, system] = [join(folder, "app"), join(folder, "root")]
  mkdirSync(join(app, "deploy", "image"), { recursive: true })
  for (const file of [
    ...["package.json", "package-lock.json", "LICENSE", "deploy/install.mjs", "deploy/install-progress.mjs"],
    ...["deploy/leave-out.mjs", "deploy/image/layout.sh"]
  ])
    copyFileSync(join(root, file), join(app, file))
  for (const room of ["contracts", "bridge", "gateway", "actors"])
    cpSync(join(root, room), join(app, room), { recursive: true })
  execFileSync("node", ["deploy/install.mjs"], { cwd: app, stdio: ["ignore", "ignore", "inherit"] })
  execFileSync("sh", ["deploy/image/layout.sh", app, system], { cwd: app })
  return pack(folder, system, `spoor:${tag}`, lastStage())
}

/** The image of the container that holds a pod's network. */
export const pauseArchive = (folder: string): string => {
  const system = join(folder, "root")
  mkdirSync(system, { recursive: true })
  copyFileSync(built("pause"), join(system, "pause"))
  return pack(folder, system, "pause:test", { Entrypoint: ["/pause"] })
}
