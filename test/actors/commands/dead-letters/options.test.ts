/** The command line of dead-letters: valid arguments are read, and an invalid one is an error of one sentence. */
import { describe, expect, test } from "bun:test"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import {
  checkLine,
  checkSelection,
  discardOptions,
  listOptions,
  replacementLine,
  replayOptions,
  selectionOf,
  showOptions
} from "../../../../actors/commands/dead-letters/options.ts"
import { errorOf, inputOf, now } from "../parsed.ts"

type Replay = Parameters<typeof checkLine>[0]

const checkReplay = (input: Replay) =>
  Effect.all([checkSelection("replay", input), checkLine(input), replacementLine(input)], { discard: true })
const noFilter = {
  reason: undefined,
  stage: undefined,
  topic: undefined,
  text: undefined,
  since: undefined,
  until: undefined
}

describe("dead-letters reads", () => {
  test("list with every filter", async () => {
    const filters = "--stage=drainer --topic t --text X --since 2h --until 2026-11-20T11:30 --limit 7 --json"
    expect(await inputOf(listOptions, ["--reason", "no path", ...filters.split(" ")])).toEqual({
      filter: {
        reason: "no path",
        stage: "drainer",
        topic: "t",
        text: "X",
        since: now - 7_200_000,
        until: now - 1_800_000
      },
      limit: 7,
      cursor: undefined,
      json: true
    })
    expect(await inputOf(listOptions, [])).toEqual({
      filter: noFilter,
      limit: 50,
      cursor: undefined,
      json: false
    })
  })

  for (const [text, at] of [
    ["30s", now - 30_000],
    ["10m", now - 600_000],
    ["7d", now - 604_800_000],
    ["2026-11-20", now - 43_200_000],
    ["2026-11-20T13:00+01:00", now],
    ["2026-11-20T12:00:00.000Z", now]
  ] as const) {
    test(`the time ${text}`, async () => {
      expect(await inputOf(listOptions, ["--since", text])).toMatchObject({ filter: { since: at } })
    })
  }

  test("replay and discard of these, and of all that match", async () => {
    const replay = await inputOf(replayOptions, ["a-1", "a-2", "a-1", "--dry-run"], checkReplay)
    expect(replay).toEqual({
      ids: ["a-1", "a-2", "a-1"],
      all: false,
      filter: noFilter,
      line: undefined,
      lineFile: undefined,
      dryRun: true,
      force: false,
      json: false
    })
    expect(selectionOf(replay)).toEqual({ kind: "ids", ids: ["a-1", "a-2"] })
    const discard = await inputOf(discardOptions, ["--all", "--topic", "t", "--yes"], (input) =>
      checkSelection("discard", input)
    )
    expect(discard).toMatchObject({ yes: true })
    expect(selectionOf(discard)).toEqual({ kind: "matching", filter: { ...noFilter, topic: "t" } })
  })

  test("a word behind a flag without a value is an id", async () => {
    expect(await inputOf(replayOptions, ["--force", "1"], checkReplay)).toMatchObject({
      ids: ["1"],
      force: true
    })
  })

  test("a line in readable form, or from a file without its last line end", async () => {
    const bytes = "1 \u00ff \\ \u00c3\u00bc"
    expect(await inputOf(replayOptions, ["a-1", "--line", "1 \\xff \\\\ ü"], checkReplay)).toMatchObject({
      line: bytes
    })
    const file = join(mkdtempSync(join(tmpdir(), "spoor-line-")), "line")
    writeFileSync(file, "1 \\xff \\\\ ü\r\n")
    const fromFile = ["a-1", "--line-file", file]
    const input = await inputOf(replayOptions, fromFile, checkReplay)
    expect(await Effect.runPromise<string | undefined, unknown>(replacementLine(input))).toBe(bytes)
    writeFileSync(file, new Uint8Array([0xff]))
    expect(await errorOf(replayOptions, fromFile, checkReplay)).toContain("is not UTF-8")
  })
})

const errorIn = (line: string): Promise<string | undefined> => {
  const [subcommand, ...args] = line.split(" ")
  switch (subcommand) {
    case "list":
      return errorOf(listOptions, args)
    case "show":
      return errorOf(showOptions, args)
    case "replay":
      return errorOf(replayOptions, args, checkReplay)
    default:
      return errorOf(discardOptions, args, (input) => checkSelection("discard", input))
  }
}

describe("dead-letters refuses", () => {
  for (const [line, sentence] of [
    ["list a-1", '"a-1" is one argument too many; write'],
    ["list --yes", "has no flag --yes"],
    ["list --reason broken", '--reason cannot be "broken"; write "empty" |'],
    ["list --stage gateway", '--stage cannot be "gateway"; write "drainer" | "enricher" | "bridge"'],
    [
      "list --since yesterday",
      '--since cannot be "yesterday"; write a time like 2026-11-20T18:00, or an age: 30s'
    ],
    ["list --limit 0", '--limit cannot be "0"; write a whole number'],
    ["list --limit", "--limit needs a value: <number>"],
    ["list --frob", "has no flag --frob; it has --reason, --stage"],
    ["list --lmit 3", "has no flag --lmit; did you mean --limit?"],
    ["show", "needs <id>"],
    ["show a b", '"b" is one argument too many'],
    ["replay", "replay needs ids, or --all"],
    ["replay a --all", "replay needs ids, or --all"],
    ["replay a --topic t", "--topic needs --all"],
    ["replay a b --line x", "exactly one id"],
    ["replay --all --line x", "exactly one id"],
    ["replay a --line x --line-file y", "either --line or --line-file"],
    ["replay a --line \\x", "Invalid escape at position"],
    ["replay a --line-file /nowhere/at/all", "cannot be read"],
    ["discard", "discard needs ids, or --all"],
    ["discard a --dry-run", "has no flag --dry-run"]
  ] as const) {
    test(line, async () => expect(await errorIn(line)).toContain(sentence))
  }
})
