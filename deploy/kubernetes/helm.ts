/**
 * Helm without its program: the Python packages helm-python-sdk (Helm's own library) and kubernetes-validate (the schemas
 * of Kubernetes), installed once into the user's cache folder. Each call runs one Python process, which ends with it.
 */
import { spawn } from "node:child_process"
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs"
import { homedir } from "node:os"
import { join } from "node:path"

const versions = { "helm-python-sdk": "0.2.2", "kubernetes-validate": "1.37.0", typing_extensions: "4.16.0" }

export const chart = join(import.meta.dirname, "..", "helm", "spoor")

/** What to render: a file of values, values over it, or both; neither: the chart's own. */
export interface Wanted {
  readonly file?: string
  readonly values?: object
}

/** An object of Kubernetes, as far as anybody here reads it. */
export interface KubernetesObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
  }
  readonly [field: string]: unknown
}

export interface Rendering {
  /** Why the values were refused; null when they were not. */
  readonly error: string | null
  /** The text of each template that rendered to something, by file name. */
  readonly texts: Readonly<Record<string, string>>
  readonly objects: ReadonlyArray<KubernetesObject>
  /** Warnings and errors of `helm lint --strict`. */
  readonly lint: ReadonlyArray<string>
  /** What `kubernetes-validate --strict` refuses. */
  readonly invalid: ReadonlyArray<string>
  /** Kinds that it has no schema for: those of operators. */
  readonly unknown: ReadonlyArray<string>
}

/** Runs a program; returns its output. Its errors, and with `shown` its output too, are written to standard error. */
const run = (
  program: string,
  args: ReadonlyArray<string>,
  input = "",
  shown = false
): Promise<{ readonly code: number; readonly output: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] })
    const parts: Array<Buffer> = []
    child.stdout.on("data", (part: Buffer) => (shown ? process.stderr.write(part) : parts.push(part)))
    child.on("error", reject)
    child.on("close", (code) => resolve({ code: code ?? 1, output: Buffer.concat(parts).toString() }))
    child.stdin.end(input)
  })

const isDone = async (program: string, args: ReadonlyArray<string>, shown = false): Promise<boolean> =>
  run(program, args, "", shown).then(
    ({ code }) => code === 0,
    () => false
  )

/** Python with the packages; undefined where they cannot be had. The first time they are installed, with progress. */
export const pythonWithHelm = async (): Promise<string | undefined> => {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "spoor")
  const folder = join(cache, `helm-${Object.values(versions).join("-")}`)
  const python = join(folder, "bin", "python")
  if (existsSync(python)) return python
  mkdirSync(cache, { recursive: true })
  const fresh = mkdtempSync(join(cache, "installing-"))
  const packages = Object.entries(versions).map(([name, version]) => `${name}==${version}`)
  process.stderr.write(`Installing ${packages.join(", ")} into ${folder} (once, 100 MB to download)\n`)
  const install = ["-m", "pip", "install", "--no-input", "--only-binary=:all:", ...packages]
  const isInstalled =
    (await isDone("python3", ["-m", "venv", fresh])) &&
    (await isDone(join(fresh, "bin", "python"), install, true))
  if (isInstalled && !existsSync(folder)) renameSync(fresh, folder)
  rmSync(fresh, { recursive: true, force: true })
  return existsSync(python) ? python : undefined
}

/** Renders the chart for a release named spoor in the namespace spoor, with `validate` also checks each rendering. */
export const render = async (
  python: string,
  renderings: ReadonlyArray<Wanted>,
  validate = false
): Promise<ReadonlyArray<Rendering>> => {
  const request = JSON.stringify({ chart, renderings, validate })
  const { code, output } = await run(python, [join(import.meta.dirname, "helm.py")], request)
  if (code !== 0) throw new Error(`deploy/kubernetes/helm.py ended with ${code}.`)
  return JSON.parse(output) as ReadonlyArray<Rendering>
}
