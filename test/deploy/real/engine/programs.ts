/**
 * The programs for a Docker engine of the tests' own. What this machine lacks is downloaded as Debian packages and
 * unpacked into the cache; nothing is installed on the system.
 */
import { existsSync, readdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { cacheFolder, run, step } from "./cache.ts"

/** The release that has the plugins buildx and compose in its main section. */
const suite = "trixie"
const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

/** The first of these paths that exists. */
const firstOf = (paths: ReadonlyArray<string>): string | undefined => paths.find((path) => existsSync(path))

const folders = (...more: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...(process.env.PATH ?? "").split(":"),
  ...["/usr/local/sbin", "/usr/sbin", "/sbin"],
  ...more
]

/** A program on this machine or in the cache. */
const find = (name: string, ...more: ReadonlyArray<string>): string | undefined =>
  firstOf(folders(...more).map((folder) => join(folder, name)))

/** Unpacks packages of Debian into a folder of the cache, once; returns the folder. Uses package lists of its own. */
const unpack = async (...packages: ReadonlyArray<string>): Promise<string> => {
  const folder = cacheFolder("programs", packages.join("-"))
  if (existsSync(join(folder, ".complete"))) return folder
  await step(`Downloading the Debian packages ${packages.join(", ")}`, async () => {
    const apt = cacheFolder("apt")
    for (const name of [["lists", "partial"], ["cache", "archives", "partial"], ["debs"]])
      cacheFolder("apt", ...name)
    const source = `deb [signed-by=${keyring}] ${debianMirror} ${suite} main\n`
    writeFileSync(join(apt, "source.list"), source)
    const options = [
      ["Dir::Etc::sourcelist", join(apt, "source.list")],
      ["Dir::Etc::sourceparts", "/dev/null"],
      ["Dir::State::lists", join(apt, "lists")],
      ["Dir::Cache", join(apt, "cache")],
      ["APT::Sandbox::User", "root"]
    ].flatMap(([name, value]) => ["-o", `${name}=${value}`])
    await run("apt-get", [...options, "update", "-qq"])
    const debs = join(apt, "debs")
    await run("apt-get", [...options, "download", "-qq", ...packages], { cwd: debs })
    for (const name of packages) {
      const file = readdirSync(debs).find((one) => one.startsWith(`${name}_`)) ?? name
      await run("dpkg-deb", ["-x", join(debs, file), folder])
    }
    writeFileSync(join(folder, ".complete"), "")
  })
  return folder
}

/** Where Debian's packages come from, as for debootstrap. */
export const debianMirror = process.env.DEBIAN_MIRROR ?? "http://deb.debian.org/debian"

/** Is this Debian or a system of its family, with root's rights for what is unpacked and started? */
const canUnpack = (): boolean => find("apt-get") !== undefined && existsSync(keyring)

/** The folder for DOCKER_CONFIG in which the docker command finds buildx and compose; undefined: it has them itself. */
export const pluginFolder = async (): Promise<string | undefined> => {
  const has = (plugin: string): Promise<boolean> =>
    run("docker", [plugin, "version"]).then(
      () => true,
      () => false
    )
  if ((await has("compose")) && (await has("buildx"))) return undefined
  if (!canUnpack()) return undefined
  const unpacked = await unpack("docker-buildx", "docker-compose")
  const folder = cacheFolder("docker-config")
  const plugins = cacheFolder("docker-config", "cli-plugins")
  for (const name of ["docker-buildx", "docker-compose"]) {
    const target = join(plugins, name)
    const source = join(unpacked, "usr", "libexec", "docker", "cli-plugins", name)
    if (!existsSync(target)) symlinkSync(source, target)
  }
  return folder
}

/** The command of Docker Compose 2, which needs no engine for `config`; undefined where it cannot be had. */
export const composeProgram = async (): Promise<ReadonlyArray<string> | undefined> => {
  const hasPlugin = await run("docker", ["compose", "version"]).then(
    () => true,
    () => false
  )
  if (hasPlugin) return ["docker", "compose"]
  if (!canUnpack()) return undefined
  const unpacked = await unpack("docker-buildx", "docker-compose").catch(() => undefined)
  if (unpacked === undefined) return undefined
  return [join(unpacked, "usr", "libexec", "docker", "cli-plugins", "docker-compose")]
}

/** What starts an engine and builds base images, with their folders for PATH. */
export interface Programs {
  readonly dockerd: string
  readonly debootstrap: string
  readonly path: string
}

/** Where they cannot be had: one sentence. */
export const enginePrograms = async (): Promise<Programs | string> => {
  if (process.getuid?.() !== 0) return "Starting a Docker engine for the test needs root."
  const own = ["usr/sbin", "usr/bin"]
  let more: ReadonlyArray<string> = []
  if (find("dockerd") === undefined || find("containerd") === undefined || find("runc") === undefined) {
    if (!canUnpack()) return "The test needs Docker, and only on Debian can it fetch an engine of its own."
    const folder = await unpack("docker.io", "docker-cli", "containerd", "runc", "libsubid5", "tini")
    more = own.map((name) => join(folder, name))
  }
  const dockerd = find("dockerd", ...more)
  const debootstrap = find("debootstrap")
  if (dockerd === undefined || debootstrap === undefined || find("iptables") === undefined)
    return "The test's own Docker engine needs more programs: apt-get install debootstrap iptables iproute2."
  return { dockerd, debootstrap, path: folders(...more).join(":") }
}
