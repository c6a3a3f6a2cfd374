/** The entry points of the package: each value that they export exists, is documented, and spoor/actor's have an example. */
import { describe, expect, test } from "bun:test"
import { readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import packageJson from "../../package.json" with { type: "json" }

const root = join(import.meta.dirname, "..", "..")

interface Export {
  readonly name: string
  readonly isType: boolean
  /** The file that declares it, from the root. */
  readonly file: string
}

/** The names that an entry point re-exports, with the files that declare them. */
const exportsOf = (entry: string): ReadonlyArray<Export> => {
  const text = readFileSync(join(root, entry), "utf8")
  return Array.from(
    text.matchAll(/^export (type )?\{([^}]*)\} from "([^"]+)"/gm),
    ([, type, names = "", from = ""]) =>
      names
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name !== "")
        .map((name) => ({
          name: name.replace(/^type /, ""),
          isType: type !== undefined || name.startsWith("type "),
          file: relative(root, join(root, dirname(entry), from))
        }))
  ).flat()
}

/** The comment above a declaration; undefined without one. */
const commentOf = ({ name, file }: Export): string | undefined => {
  const text = readFileSync(join(root, file), "utf8")
  const declaration = new RegExp(`\\n(?:export )?(?:const|class|interface|type) ${name}\\b`).exec(text)
  const before = text.slice(0, declaration?.index ?? 0)
  return before.endsWith("*/") ? before.slice(before.lastIndexOf("/**")) : undefined
}

const entries = Object.entries(packageJson.exports).filter(([, source]) => source.endsWith(".ts"))

describe("the entry points", () => {
  for (const [path, source] of entries) {
    test(`spoor${path.slice(1)} leads to the sources here, and exports what it names`, async () => {
      const exported = await import(`spoor${path.slice(1)}`)
      expect(exported).toBe(await import(join(root, source)))
      const missing = exportsOf(source).filter(({ name, isType }) => !isType && exported[name] === undefined)
      expect(missing).toEqual([])
      expect(exportsOf(source).length).toBeGreaterThan(3)
    })
  }

  test("spoor/actor has the inboxes, requirements and services that an actor is made of", async () => {
    const needed =
      "Actor Deadline EventLog IngestQueue MessageBus ProjectionStore Self ask claims copies counter eventLog ingestQueue keyed messageBus projectionStore publishBatchProgress readEvent records requests"
    expect(Object.keys(await import("spoor/actor"))).toEqual(expect.arrayContaining(needed.split(" ")))
  })

  test("each function, service and inbox of spoor/actor and spoor/testing has a comment with an example", () => {
    for (const entry of ["actors/package/actor.ts", "actors/package/testing.ts"]) {
      const named = exportsOf(entry).filter(({ isType, name }) => !isType && name !== "testBegins")
      const bare = named.filter((one) => !commentOf(one)?.includes("@example")).map(({ name }) => name)
      expect([entry, bare]).toEqual([entry, []])
    }
  })

  test("everything that is exported has a comment", () => {
    for (const [, entry] of entries) {
      const bare = exportsOf(entry).filter((one) => commentOf(one) === undefined)
      expect([entry, bare.map(({ name, file }) => `${name} of ${file}`)]).toEqual([entry, []])
    }
  })
})
