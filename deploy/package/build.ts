/**
 * `npm run package`: builds the npm package, `dist/spoor-<version>.tgz`, by which actors are written outside of this tree.
 *
 * It holds compiled JavaScript and declarations, not the TypeScript sources: a compiler checks sources of packages by the
 * rules of whoever imports them, and Deno does not run TypeScript of `node_modules`. Nothing is bundled: `effect` is a peer,
 * so that an actor and Spoor use one copy.
 */
import { execFileSync } from "node:child_process"
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import packageJson from "../../package.json" with { type: "json" }
import { neededDeclarations, withJsImports } from "./declarations.ts"

const root = join(import.meta.dirname, "..", "..")
const stage = join(root, "dist", "package")

/** Folders of sources whose files of these endings are read when Spoor runs, as they are. */
const readFolders: Readonly<Record<string, RegExp>> = {
  "actors/viewer/web": /\.(?:html|css|ts)$/,
  "contracts/generated": /\.(?:html|css|ts|json|py|go)$/,
  "contracts/generated/schemas": /\.json$/,
  "actors/notifier/texts": /\.yaml$/,
  "actors/notifier/channels": /\.yaml$/
}

/** Files that are copied as they are: from the root, to the package. */
const copies: ReadonlyArray<readonly [from: string, to: string]> = [
  ["LICENSE", "LICENSE"],
  ["deploy/package/README.md", "README.md"],
  ["deploy/package/spoor.mjs", "bin/spoor.mjs"]
]

/** Minor versions of Effect may change the parts that it calls unstable, some of which Spoor uses. */
const rangeOf = (version: string): string => `~${version}`

const compiled = (source: string): string => source.replace(/\.ts$/, ".js")
const declared = (source: string): string => source.replace(/\.ts$/, ".d.ts")

const entries = Object.entries(packageJson.exports).filter(([, source]) => source.endsWith(".ts"))

/** The package.json of the package: without what only this tree needs. It stays private, so that nobody publishes it by accident. */
const packageText = (): string => {
  const { name, version, description, license, type, engines, dependencies } = packageJson
  const { effect, ...others } = dependencies
  const exported = entries.map(([path, source]) => [
    path,
    { types: declared(source), default: compiled(source) }
  ])
  const content = {
    ...{ name, version, description, private: true, license, type, engines },
    bin: { spoor: "bin/spoor.mjs" },
    exports: { ...Object.fromEntries(exported), "./package.json": "./package.json" },
    dependencies: others,
    peerDependencies: { effect: rangeOf(effect) }
  }
  return `${JSON.stringify(content, undefined, 2)}\n`
}

/** Builds the package and returns the path of its file. */
export const buildPackage = (): string => {
  rmSync(stage, { recursive: true, force: true })
  mkdirSync(join(stage, "bin"), { recursive: true })
  execFileSync(
    join(root, "node_modules", ".bin", "tsc"),
    ["-p", join(import.meta.dirname, "tsconfig.json")],
    {
      stdio: "inherit"
    }
  )
  const needed = neededDeclarations(entries.map(([, source]) => join(stage, declared(source))))
  for (const name of readdirSync(stage, { recursive: true, encoding: "utf8" })) {
    const path = join(stage, name)
    if (!name.endsWith(".d.ts")) continue
    if (needed.has(path)) writeFileSync(path, withJsImports(readFileSync(path, "utf8")))
    else rmSync(path)
  }
  for (const [folder, endings] of Object.entries(readFolders)) {
    mkdirSync(join(stage, folder), { recursive: true })
    for (const name of readdirSync(join(root, folder)).filter((one) => endings.test(one)))
      copyFileSync(join(root, folder, name), join(stage, folder, name))
  }
  for (const [from, to] of copies) copyFileSync(join(root, from), join(stage, to))
  writeFileSync(join(stage, "package.json"), packageText())
  const packed = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--ignore-scripts"], { cwd: stage, encoding: "utf8" })
  )
  const [{ filename }] = packed as ReadonlyArray<{ readonly filename: string }> as [{ filename: string }]
  const file = join(root, "dist", filename)
  renameSync(join(stage, filename), file)
  return file
}

if (import.meta.main) {
  const file = buildPackage()
  const files = readdirSync(stage, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const bytes = files.reduce(
    (sum, { parentPath, name }) => sum + readFileSync(join(parentPath, name)).length,
    0
  )
  process.stdout.write(
    `${file.slice(root.length + 1)}: ${Math.round(statSync(file).size / 1e3)} kB, ${files.length} files of ${(bytes / 1e6).toFixed(1)} MB\n`
  )
}
