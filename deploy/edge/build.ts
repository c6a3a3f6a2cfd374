/**
 * Bundles the gateway's Worker (`gateway/serve.worker.ts`) into one file, with a configuration of workerd beside it, and
 * prints its size: `npm run worker`, or `bun deploy/edge/build.ts <folder>`. Fails when the bundle would need a module that workerd does not have.
 */
import { copyFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"
import { gzipSync } from "node:zlib"

const root = join(import.meta.dirname, "../..")

/** Modules of Node that workerd has itself; every other one must not be in the bundle. */
const builtIn = ["node:buffer", "node:crypto", "node:net", "node:zlib"]

/** Packages that cannot work in a Worker. */
const nodeOnly =
  /node_modules\/(?:ioredis|kafkajs|@platformatic|@nats-io\/transport-node|msgpackr-extract|elysia)\//

export interface Bundle {
  readonly path: string
  readonly bytes: number
  readonly gzipBytes: number
}

/** Why a bundle with this text, made of these files, cannot run as a Worker: a sentence each. */
export const bundleProblems = (text: string, inputs: ReadonlyArray<string>): ReadonlyArray<string> => {
  const imported = Array.from(text.matchAll(/from\s*"(node:[^"]+)"/g), ([, name = ""]) => name)
  const missing = new Set(imported.filter((name) => !builtIn.includes(name)))
  return [
    ...Array.from(missing, (name) => `The Worker imports ${name}, which it must not need.`),
    ...inputs
      .filter((input) => nodeOnly.test(input))
      .map((input) => `The Worker contains ${input}, which needs Node.`),
    ...(/\bFunction\(|\beval\(/.test(text) ? ["The Worker generates code from strings."] : [])
  ]
}

/** The build of MessagePack that generates no code from strings, which Workers forbid. */
const withoutCodeGeneration: Bun.BunPlugin = {
  name: "without code generation",
  setup: (build) => {
    build.onResolve({ filter: /^msgpackr$/ }, () => ({
      path: createRequire(import.meta.url).resolve("msgpackr/index-no-eval")
    }))
  }
}

/** Bundles into `worker.js` in `folder`, and copies `workerd.capnp` there. */
export const buildWorker = async (folder: string): Promise<Bundle> => {
  const { outputs, metafile } = await Bun.build({
    entrypoints: [join(root, "gateway/serve.worker.ts")],
    target: "browser",
    conditions: ["workerd", "worker", "browser"],
    format: "esm",
    minify: { syntax: true, whitespace: true, identifiers: true, keepNames: true },
    external: ["node:*", "cloudflare:*"],
    plugins: [withoutCodeGeneration],
    outdir: folder,
    naming: "worker.js",
    metafile: true
  })
  const [output] = outputs
  if (output === undefined || outputs.length !== 1) throw new Error("The bundle is not one file.")
  const text = await output.text()
  const problems = bundleProblems(text, Object.keys(metafile?.inputs ?? {}))
  if (problems.length > 0) throw new Error(problems.join(" "))
  copyFileSync(join(import.meta.dirname, "workerd.capnp"), join(folder, "workerd.capnp"))
  return { path: output.path, bytes: output.size, gzipBytes: gzipSync(text).byteLength }
}

if (import.meta.main) {
  const { path, bytes, gzipBytes } = await buildWorker(Bun.argv[2] ?? join(root, "dist/edge"))
  const kib = (size: number): string => `${Math.round(size / 1024)} KiB`
  process.stdout.write(`${path}: ${kib(bytes)}, ${kib(gzipBytes)} compressed\n`)
}
