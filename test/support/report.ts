/** Reads the JUnit report of `bun test`: the number of passed tests, and the failed ones with their messages. */
import { readFileSync } from "node:fs"

export interface FailedTest {
  readonly file: string
  /** With the names of its `describe` blocks: `outer > inner > test`. */
  readonly name: string
  /** The runner's message; empty when it has none. */
  readonly message: string
}

export interface Report {
  readonly passed: number
  readonly failures: ReadonlyArray<FailedTest>
  readonly skipped: ReadonlyArray<Omit<FailedTest, "message">>
}

/** Reads a report; undefined when it is missing or incomplete, because the run was interrupted. */
export const readReport = (path: string): Report | undefined => {
  let text: string
  try {
    text = readFileSync(path, "utf8")
  } catch {
    return undefined
  }
  const [head] = /<testsuites [^>]*>/.exec(text) ?? []
  if (head === undefined || !text.trimEnd().endsWith("</testsuites>")) return undefined
  const count = (name: string): number => Number(attribute(head, name) ?? 0)
  const failures = [...text.matchAll(/<testcase ([^>]*[^/])>\s*<failure([^>]*?)(?:\/>|>([^<]*)<)/g)].map(
    ([, test = "", about = "", body = ""]): FailedTest => ({
      ...named(test),
      message: unescaped(body).trim() || (attribute(about, "message") ?? "")
    })
  )
  const skipped = [...text.matchAll(/<testcase ([^>]*[^/])>\s*<skipped/g)].map(([, test = ""]) => named(test))
  return { passed: count("tests") - count("skipped") - count("failures"), failures, skipped }
}

const named = (test: string) => ({
  file: attribute(test, "file") ?? "",
  name: [attribute(test, "name"), ...(attribute(test, "classname") ?? "").split(" > ")]
    .filter((part) => part)
    .toReversed()
    .join(" > ")
})

const attribute = (tag: string, name: string): string | undefined => {
  const [, value] = new RegExp(`(?:^| )${name}="([^"]*)"`).exec(tag) ?? []
  return value === undefined ? undefined : unescaped(value)
}

const marks: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&apos;": "'",
  "&#10;": "\n"
}
const unescaped = (text: string): string =>
  text.replace(/&(?:amp|lt|gt|quot|apos|#10);/g, (mark) => marks[mark] ?? mark)
