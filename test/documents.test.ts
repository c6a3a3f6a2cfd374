/**
 * The Markdown documents hold together: every link leads to a file, and to a heading in it; every file that is named is
 * there; every command of package.json that is named exists; prose is wrapped.
 */
import { describe, expect, test } from "bun:test"
import { existsSync, statSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import { type Document, documents, root } from "../deploy/documents.ts"
import packageJson from "../package.json" with { type: "json" }

const all = documents()

const fence = /^ *```.*\n[\s\S]*?^ *```$/gm
const withoutBlocks = (text: string): string => text.replaceAll(fence, "")
const withoutCode = (text: string): string => withoutBlocks(text).replaceAll(/`[^`\n]*`/g, "")

/** The anchor that GitHub gives a heading: lower case, without punctuation, a hyphen for each space. */
const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, "$1")
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, "")
    .replaceAll(" ", "-")

/** All of a text; a heading that is there again gets a number. */
const anchorsIn = (text: string): ReadonlySet<string> => {
  const times = new Map<string, number>()
  return new Set(
    Array.from(withoutBlocks(text).matchAll(/^#{1,6} +(.*)$/gm), ([, heading = ""]) => {
      const anchor = anchorOf(heading)
      const before = times.get(anchor) ?? 0
      times.set(anchor, before + 1)
      return before === 0 ? anchor : `${anchor}-${before}`
    })
  )
}

/** Targets of links and images, in Markdown and in HTML. */
const targetsIn = (text: string): ReadonlyArray<string> => {
  const bare = withoutCode(text)
  return [
    ...Array.from(bare.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g), ([, target = ""]) => target),
    ...Array.from(bare.matchAll(/\b(?:href|src|srcset)="([^"]+)"/g), ([, target = ""]) => target),
    ...Array.from(bare.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm), ([, target = ""]) => target)
  ]
}

/** The text of a document; of a folder that of its README. */
const textAt = (place: string): string => {
  const isFolder = statSync(join(root, place)).isDirectory()
  return all.find(({ path }) => path === (isFolder ? join(place, "README.md") : place))?.text ?? ""
}

/** Why a link leads nowhere; undefined when it leads somewhere, or out of the project. */
const problemOf = (target: string, { path, text }: Document): string | undefined => {
  if (/^[a-z][a-z+.-]*:/i.test(target)) return undefined
  const [file = "", anchor] = target.split("#")
  const place = file === "" ? path : relative(root, join(root, dirname(path), decodeURI(file)))
  if (place.startsWith("..")) return `${target} leads out of the project`
  if (place !== path && !existsSync(join(root, place))) return `${target} does not exist`
  if (anchor === undefined) return undefined
  const headings = anchorsIn(place === path ? text : textAt(place))
  return headings.has(anchor) ? undefined : `${target} has no such heading`
}

const problemsIn = (document: Document): ReadonlyArray<string> =>
  targetsIn(document.text).flatMap((target) => problemOf(target, document) ?? [])

describe("links", () => {
  test("a document with dead links is found out", () => {
    const text = [
      "# One `code` & two",
      "## Same\n## Same",
      "[a](#one-code--two) [b](#same-1) [c](deploy/README.md) [d](https://example.com/#x) `[code](nowhere)`",
      "```\n# no heading\n[block](nowhere)\n```",
      '[e](#no-heading) [f](nowhere.md) [g](../outside.md) [h](deploy/README.md#nowhere) <img src="no.png">'
    ].join("\n")
    expect(problemsIn({ path: "test.md", text })).toEqual([
      "#no-heading has no such heading",
      "nowhere.md does not exist",
      "../outside.md leads out of the project",
      "deploy/README.md#nowhere has no such heading",
      "no.png does not exist"
    ])
  })

  for (const document of all) {
    test(`${document.path}: every link leads somewhere`, () => {
      expect(problemsIn(document)).toEqual([])
    })
  }
})

/** Folders with a role of their own: each says what is in it, who may use it, how to add one more, what proves it. */
const rooms = [
  ...["contracts", "bridge", "gateway", "actors", "deploy", "test"],
  ...["runtime", "transform", "inspect", "viewer", "viewer/web", "commands", "testing", "package"].map(
    (name) => `actors/${name}`
  )
]

describe("rooms", () => {
  for (const room of rooms) {
    test(`${room}/README.md says who may use it, how to add one more, and what proves it`, () => {
      const { text = "" } = all.find(({ path }) => path === join(room, "README.md")) ?? {}
      const said = ["**Who may use it:**", "**How to add", "**What proves it:**"]
      expect(said.filter((part) => !text.includes(part))).toEqual([])
    })
  }
})

/** Files as seen from the root of the project. */
const filesIn = (text: string): ReadonlyArray<string> =>
  Array.from(
    text.matchAll(
      /(?<![\w./-])(?:actors|bridge|contracts|deploy|gateway|test)\/[\w./-]*\w\.(?:tsx?|mjs|json|md)\b/g
    ),
    ([file]) => file
  )

describe("names", () => {
  test("a file is known by its path from the root", () => {
    expect(filesIn("`test/a-b/c.test.ts`, [x](../test/d.ts), bun gateway/app.ts, contracts/wire/")).toEqual([
      "test/a-b/c.test.ts",
      "gateway/app.ts"
    ])
  })

  for (const { path, text } of all) {
    test(`${path}: every file that it names exists`, () => {
      const missing = filesIn(text).filter((file) => !existsSync(join(root, file)))
      expect(missing).toEqual([])
    })

    test(`${path}: every command of package.json that it names exists`, () => {
      const names = Array.from(
        text.matchAll(/\b(?:bun|npm) run (?:-s )?([a-z](?:[\w:-]*\w)?)/g),
        ([, name = ""]) => name
      )
      expect(names.filter((name) => !(name in packageJson.scripts))).toEqual([])
    })
  }
})

/** The longest line of prose, characters. */
const longestLine = 120

const isProse = (line: string): boolean => !/^\s*(\||<|!?\[[^\]]*\]\(\S*\)$)/.test(line)

describe("prose", () => {
  for (const { path, text } of all.filter(({ path }) => path !== "AGENTS.md")) {
    test(`${path}: no line is longer than ${longestLine} characters`, () => {
      const written = withoutBlocks(text).replaceAll(/<!-- (\w+) -->[\s\S]*?<!-- \/\1 -->/g, "")
      expect(written.split("\n").filter((line) => isProse(line) && line.length > longestLine)).toEqual([])
    })
  }
})
