/** The command line of dead-letters: what makes sense is read, and what does not is one sentence. */
import { describe, expect, test } from "bun:test"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { readArguments } from "../../../../actors/commands/dead-letters/options.ts"

const now = Date.parse("2026-11-20T12:00:00Z")
const asked = (line: string) => readArguments(line.split(" "), now)
const nothing = {
  reason: undefined,
  stage: undefined,
  topic: undefined,
  text: undefined,
  since: undefined,
  until: undefined
}

describe("dead-letters reads", () => {
  test("list with every filter", () => {
    expect(
      readArguments(
        [
          "list",
          "--reason",
          "no path",
          ..."--stage=drainer --topic t --text X --since 2h --until 2026-11-20T11:30 --limit 7 --json".split(
            " "
          )
        ],
        now
      )
    ).toEqual({
      verb: "list",
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
      asJson: true
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
    test(`the time ${text}`, () => {
      expect(asked(`list --since ${text}`)).toMatchObject({ filter: { since: at } })
    })
  }

  test("replay and discard of these, and of all that match", () => {
    expect(asked("replay a-1 a-2 a-1 --dry-run")).toEqual({
      verb: "replay",
      chosen: { kind: "these", addresses: ["a-1", "a-2"] },
      line: undefined,
      isDry: true,
      force: false,
      asJson: false
    })
    expect(asked("discard --all --topic t --yes")).toEqual({
      verb: "discard",
      chosen: { kind: "matching", filter: { ...nothing, topic: "t" } },
      isConfirmed: true
    })
  })

  test("a line in readable form, or from a file without its last line end", () => {
    const line = readArguments(["replay", "a-1", "--line", "1 \\xff \\\\ ü"], now)
    expect(line).toMatchObject({ line: "1 \u00ff \\ \u00c3\u00bc" })
    const file = join(mkdtempSync(join(tmpdir(), "spoor-line-")), "line")
    writeFileSync(file, "1 \\xff \\\\ ü\r\n")
    expect(readArguments(["replay", "a-1", "--line-file", file], now)).toEqual(line)
    writeFileSync(file, new Uint8Array([0xff]))
    expect(() => readArguments(["replay", "a-1", "--line-file", file], now)).toThrow("is not UTF-8")
  })
})

describe("dead-letters refuses", () => {
  for (const [line, sentence] of [
    ["", 'dead-letters has no ""'],
    ["shw a", 'dead-letters has no "shw"'],
    ["list a-1", "list takes no ids"],
    ["list --yes", "list has no --yes"],
    ["list --reason broken", 'there is no reason "broken"; there are empty,'],
    ["list --stage gateway", "there is no stage"],
    ["list --since yesterday", "--since wants a time"],
    ["list --limit 0", "--limit wants a number"],
    ["list --frob", "--frob"],
    ["show", "show wants one id"],
    ["show a b", "show wants one id"],
    ["replay", "replay wants ids, or --all"],
    ["replay a --all", "replay wants ids, or --all"],
    ["replay a --topic t", "--topic goes with --all"],
    ["replay a b --line x", "one id only"],
    ["replay --all --line x", "one id only"],
    ["replay a --line x --line-file y", "--line or --line-file"],
    ["replay a --line \\x", "Behind the backslash"],
    ["replay a --line-file /nowhere/at/all", "cannot be read"],
    ["discard a --dry-run", "discard has no --dry-run"]
  ] as const) {
    test(line, () => expect(() => asked(line)).toThrow(sentence))
  }
})
