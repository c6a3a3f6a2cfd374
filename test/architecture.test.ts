/** The rules of the tree that no type can check: rooms and their ranks, circles, client libraries, sizes, runtimes. */
import { describe, expect, test } from "bun:test"
import { spawnSync } from "node:child_process"
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
  /** What it imports, types too: packages by name, own files by path from the root. */
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

const isOwn = (name: string): boolean => folders.some((folder) => name.startsWith(`${folder}/`))

/** The rooms, lowest first: a file imports files of its own room and of lower rooms. */
const ranks = [
  "contracts",
  "bridge",
  "gateway",
  "actors/transform",
  "actors/runtime",
  "actors/inspect",
  "actors/rules",
  "actors/testing",
  "actors/viewer",
  "actors",
  "actors/package",
  "actors/commands"
] as const

type Room = (typeof ranks)[number]

const roomOf = (path: string): Room =>
  ranks.findLast((room) => room !== "actors" && path.startsWith(`${room}/`)) ?? "actors"

/** The only rooms that import less than their rank allows. */
const narrower: Partial<Record<Room, (name: string) => boolean>> = {
  gateway: (name) =>
    !name.startsWith("bridge/") ||
    /^bridge\/(user-agent\/|edge-centre\/|(settings|topics|message-bus\/nats\/url|visitor-salts\/service)\.ts$)/.test(
      name
    )
}

const mayImport = (room: Room, name: string): boolean =>
  ranks.indexOf(roomOf(name)) <= ranks.indexOf(room) && (narrower[room]?.(name) ?? true)

describe("dependencies point one way", () => {
  for (const room of ranks) {
    test(`${room} imports its own files and lower rooms only, types included`, () => {
      const own = sources.filter(({ path }) => roomOf(path) === room)
      const wrong = own.flatMap(({ path, imports }) =>
        imports.filter((name) => isOwn(name) && !mayImport(room, name)).map((name) => `${path} → ${name}`)
      )
      expect(wrong).toEqual([])
      expect(own.length).toBeGreaterThan(0)
    })
  }

  test("gateway/http knows nothing of events: it imports itself and contracts only", () => {
    const wrong = sources
      .filter(({ path }) => path.startsWith("gateway/http/"))
      .flatMap(({ path, imports }) =>
        imports
          .filter(isOwn)
          .filter((name) => !name.startsWith("gateway/http/") && !name.startsWith("contracts/"))
          .map((name) => `${path} → ${name}`)
      )
    expect(wrong).toEqual([])
  })

  test("no file imports itself by way of others, types included", () => {
    expect(circlesOf(sources)).toEqual([])
    const circle = [
      { path: "bridge/a.ts", text: "", imports: ["bridge/b.ts"] },
      { path: "bridge/b.ts", text: "", imports: ["bridge/a.ts"] }
    ]
    expect(circlesOf(circle)).toEqual(["bridge/a.ts → bridge/b.ts → bridge/a.ts"])
  })

  test("contracts need only effect, and MessagePack and Buffer in one file each", () => {
    const wrong = sources
      .filter(({ path }) => roomOf(path) === "contracts")
      .flatMap(({ path, imports }) =>
        imports
          .filter((name) => !isOwn(name) && name !== "effect")
          .filter((name) => !(path === "contracts/messages/msgpack.ts" && name === "msgpackr"))
          .filter((name) => !(path === "contracts/byte-string.ts" && name === "node:buffer"))
          .map((name) => `${path} → ${name}`)
      )
    expect(wrong).toEqual([])
  })
})

describe("one file knows each client library", () => {
  const libraries = [
    "@maxmind/geoip2-node",
    "@nats-io/nats-core",
    "@nats-io/transport-node",
    "@platformatic/kafka",
    "@platformatic/wasm-utils",
    "mmdb-lib",
    "ioredis",
    "isbot",
    "kafkajs",
    "liquidjs",
    "msgpackr",
    "node:sqlite",
    "ua-parser-js",
    "uplot",
    "web-push",
    "yaml"
  ]
  for (const library of libraries) {
    test(library, () => {
      const files = sources.filter(({ imports }) => imports.includes(library)).map(({ path }) => path)
      expect(files).toHaveLength(1)
    })
  }
})

test("libraries are used through their public API: no file reaches into a package's sources", () => {
  const inside = /["'](?:kafkajs|@platformatic\/[\w-]+)\/(?:src|dist)\//
  const wrong = sources.filter(({ text }) => inside.test(withoutComments(text))).map(({ path }) => path)
  expect(wrong).toEqual([])
  expect(inside.test('require("kafkajs/src/cluster/index.js")')).toBe(true)
  expect(inside.test('import("@platformatic/kafka/dist/index.js")')).toBe(true)
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

/**
 * Functions of more than 80 lines, by file and first line's name, each with the reason why it is not split. This list
 * may only shrink.
 */
const longFunctions: Readonly<Record<string, string>> = {}

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
    const long = sources
      .filter(({ path }) => !path.startsWith("contracts/generated/"))
      .filter(({ text }) => text.split("\n").length > 301)
      .map(({ path }) => path)
    expect(long).toEqual([])
  })

  test("no function has more than 80 lines, but for those with a reason", () => {
    expect(functionsOver(80)).toEqual(Object.keys(longFunctions).sort())
    expect(functionsOver(60).length).toBeGreaterThan(0)
  })

  test("an actor's file has at most 80 lines", () => {
    const actors = sources.filter(({ path }) => /^actors\/[^/]+\.ts$/.test(path) && !path.endsWith("all.ts"))
    expect(actors.length).toBeGreaterThanOrEqual(9)
    expect(actors.filter(({ text }) => text.split("\n").length > 81).map(({ path }) => path)).toEqual([])
  })

  test("every file begins by saying what it is", () => {
    const silent = sources.filter(({ text }) => !text.startsWith("/**")).map(({ path }) => path)
    expect(silent).toEqual([])
  })
})

const withoutComments = (text: string): string => text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")

/** Each circle once, as the way round it. */
const circlesOf = (files: ReadonlyArray<Source>): ReadonlyArray<string> => {
  const importsOf = new Map(files.map(({ path, imports }) => [path, imports]))
  const done = new Set<string>()
  const circles: Array<string> = []
  const walk = (path: string, way: ReadonlyArray<string>): void => {
    const from = way.indexOf(path)
    if (from >= 0) circles.push([...way.slice(from), path].join(" → "))
    if (from >= 0 || done.has(path)) return
    for (const next of importsOf.get(path) ?? []) walk(next, [...way, path])
    done.add(path)
  }
  for (const { path } of files) walk(path, [])
  return circles
}

/** `file name` of every function that is longer, measured by the linter's parser. */
const functionsOver = (lines: number): ReadonlyArray<string> => {
  const only = "--only=complexity/noExcessiveLinesPerFunction"
  const { stdout } = spawnSync(
    join(root, "node_modules", ".bin", "biome"),
    ["lint", only, "--reporter=json", "--max-diagnostics=none", ...folders],
    { cwd: root, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }
  )
  const report = JSON.parse(stdout) as {
    readonly diagnostics: ReadonlyArray<{
      readonly location: {
        readonly path: string
        readonly start: { readonly line: number }
        readonly end: { readonly line: number }
      }
    }>
  }
  return report.diagnostics
    .map(({ location }) => location)
    .filter(({ start, end }) => end.line - start.line + 1 > lines)
    .map(({ path, start }) => `${path} ${nameAt(path, start.line)}`)
    .sort()
}

/** The name of the function that begins in that line; a closure in parentheses has the name of what it is given to. */
const nameAt = (path: string, line: number): string => {
  const text = readFileSync(join(root, path), "utf8").split("\n")
  for (let at = line - 1; at >= 0; at -= 1) {
    const name = /(?:const|function\*?)\s+(\w+)/.exec(text[at] ?? "")?.[1]
    if (name !== undefined) return name
  }
  return `line ${line}`
}
