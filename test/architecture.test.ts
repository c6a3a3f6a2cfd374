/** The rules of the tree that no type can check: who may import whom, one file per client library, where runtimes differ. */
import { describe, expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"

const root = join(import.meta.dirname, "..")
const folders = ["contracts", "bridge", "gateway", "actors"] as const

const packageOf = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/")

interface Source {
  /** Path from the root. */
  readonly path: string
  readonly text: string
  /** What it imports: packages by name, own files by path from the root. */
  readonly imports: ReadonlyArray<string>
}

const sources: ReadonlyArray<Source> = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => {
      const path = join(folder, name)
      const text = readFileSync(join(root, path), "utf8")
      const specifiers = [...text.matchAll(/(?:from|import|import\()\s*"([^"]+)"/g)].map(
        (match) => match[1] ?? ""
      )
      const imports = specifiers.map((specifier) =>
        specifier.startsWith(".")
          ? relative(root, join(root, dirname(path), specifier))
          : packageOf(specifier)
      )
      return { path, text, imports }
    })
)

const folderOf = (path: string): string => path.split("/")[0] ?? ""
const isOwn = (name: string): boolean => folders.some((folder) => name.startsWith(`${folder}/`))

describe("dependencies point one way", () => {
  const allowed: Record<(typeof folders)[number], ReadonlyArray<string>> = {
    contracts: ["contracts"],
    bridge: ["contracts", "bridge"],
    gateway: ["contracts", "gateway"],
    actors: ["contracts", "bridge", "gateway", "actors"]
  }
  for (const folder of folders) {
    test(`${folder} imports only from ${allowed[folder].join(", ")}`, () => {
      const wrong = sources
        .filter(({ path }) => folderOf(path) === folder)
        .flatMap(({ path, imports }) =>
          imports
            .filter((name) => isOwn(name) && !allowed[folder].includes(folderOf(name)))
            .map((name) => `${path} imports ${name}`)
        )
      expect(wrong).toEqual([])
      expect(sources.some(({ path }) => folderOf(path) === folder)).toBe(true)
    })
  }

  test("contracts need only effect, and MessagePack in one file", () => {
    const wrong = sources
      .filter(({ path }) => folderOf(path) === "contracts")
      .flatMap(({ path, imports }) =>
        imports
          .filter((name) => !isOwn(name) && name !== "effect")
          .filter((name) => !(path === "contracts/messages/msgpack.ts" && name === "msgpackr"))
          .map((name) => `${path} imports ${name}`)
      )
    expect(wrong).toEqual([])
  })
})

describe("one file knows each client library", () => {
  const libraries = [
    "@nats-io/transport-node",
    "mmdb-lib",
    "ioredis",
    "isbot",
    "kafkajs",
    "msgpackr",
    "node:sqlite",
    "ua-parser-js"
  ]
  for (const library of libraries) {
    test(library, () => {
      const files = sources.filter(({ imports }) => imports.includes(library)).map(({ path }) => path)
      expect(files).toHaveLength(1)
    })
  }
})

describe("runtimes differ only in files named for them", () => {
  test("Bun and Deno are named nowhere else", () => {
    const wrong = sources
      .filter(({ path }) => !/\.(bun|deno)\.ts$/.test(path))
      .filter(({ text }) => /\b(Bun|Deno)\.\w|from "bun(:\w+)?"/.test(withoutComments(text)))
      .map(({ path }) => path)
    expect(wrong).toEqual([])
  })
})

describe("files stay small", () => {
  test("settings that are no text are read by contracts/setting-readers.ts, so that all take the same forms", () => {
    const bare =
      /\bConfig\.(Duration|ByteSize|LogLevel|Boolean|Literals?|Int|Number|Port|Finite)\b|NumberFromString/
    const wrong = sources
      .filter(
        ({ path, imports }) => imports.includes("contracts/setting.ts") || path === "contracts/setting.ts"
      )
      .filter(({ text }) => bare.test(text))
      .map(({ path }) => path)
    expect(wrong).toEqual([])
    expect(bare.test('setting("X", Config.Duration, …')).toBe(true)
  })

  test("no file has more than 300 lines", () => {
    const long = sources.filter(({ text }) => text.split("\n").length > 301).map(({ path }) => path)
    expect(long).toEqual([])
  })

  test("an actor's file has at most 80 lines", () => {
    const actors = sources.filter(
      ({ path }) => /^actors\/[^/]+\.ts$/.test(path) && !/(all|main)\.ts$/.test(path)
    )
    expect(actors.length).toBeGreaterThanOrEqual(9)
    expect(actors.filter(({ text }) => text.split("\n").length > 81).map(({ path }) => path)).toEqual([])
  })

  test("every file begins by saying what it is", () => {
    const silent = sources.filter(({ text }) => !text.startsWith("/**")).map(({ path }) => path)
    expect(silent).toEqual([])
  })
})

const withoutComments = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")
