/** YAML 1.2 (and so JSON) as a value, and the line of each part of it. Pure. */
import { isMap, isScalar, isSeq, LineCounter, parseDocument, stringify, type YAMLError } from "yaml"
import { messageOf } from "./problem.ts"

/** The largest text, in characters, and how many times aliases may be used in it. */
export const maxYamlChars = 1024 * 1024
const maxAliases = 100

/** A parsed text. `lineOf`: the line (from 1) of a path, or of what is nearest above it. */
export interface ParsedYaml {
  readonly value: unknown
  readonly lineOf: (path: ReadonlyArray<string | number>) => number | undefined
}

/** An invalid text: what is wrong, and where. */
export class YamlProblem extends Error {
  readonly line: number | undefined
  constructor(message: string, line?: number) {
    super(message)
    this.line = line
  }
}

/** Parses one document. Throws `YamlProblem`. */
export const parseYaml = (text: string): ParsedYaml => {
  if (text.length > maxYamlChars) throw new YamlProblem("The file is larger than 1 MiB.")
  const lines = new LineCounter()
  try {
    const document = parseDocument(text.replace(/^\uFEFF/, ""), {
      ...{ version: "1.2", schema: "core", strict: true, uniqueKeys: true, merge: false },
      // `error`: the library would warn on standard error of what `decode-rule.ts` says in our words.
      ...{ lineCounter: lines, prettyErrors: false, logLevel: "error" }
    })
    const [error] = [...document.errors, ...document.warnings]
    if (error !== undefined) throw problemOf(error, text, lines.linePos(error.pos[0]).line)
    const value: unknown = document.toJS({ maxAliasCount: maxAliases })
    return {
      value,
      lineOf: (path) => {
        const offset = offsetOf(document.contents, path)
        return offset === undefined ? undefined : lines.linePos(offset).line
      }
    }
  } catch (error) {
    if (error instanceof YamlProblem) throw error
    throw new YamlProblem(`Invalid YAML: ${messageOf(error)}`)
  }
}

/** In our words where the library's advice is for programmers, or the mistake is likely that of a template. */
const problemOf = ({ code, message }: YAMLError, text: string, line: number): YamlProblem => {
  if (code === "MULTIPLE_DOCS")
    return new YamlProblem(
      "Invalid YAML: The text has several documents: write one, without a line ---.",
      line
    )
  const hasTemplate = text.split("\n")[line - 1]?.includes("{{") ?? false
  const advice = hasTemplate ? ": put a text with {{ }} in quotes." : ""
  return new YamlProblem(`Invalid YAML: ${message}${advice}`, line)
}

/** Where the deepest known part of a path begins; of an entry of a map, its key. */
const offsetOf = (contents: unknown, path: ReadonlyArray<string | number>): number | undefined => {
  let node: unknown = contents
  let offset = startOf(node)
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part))
      if (pair === undefined) return offset
      offset = startOf(pair.key) ?? offset
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(part)]
      offset = startOf(node) ?? offset
    } else return offset
  }
  return offset
}

const startOf = (node: unknown): number | undefined =>
  typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range)
    ? Number(node.range[0])
    : undefined

/** A value as YAML, long texts on one line. */
export const yamlOf = (value: unknown): string => stringify(value, { version: "1.2", lineWidth: 0 })
