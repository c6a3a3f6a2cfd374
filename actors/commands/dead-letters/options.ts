/** The command line of `dead-letters`, read into what is asked for; throws `WrongUse` with a sentence for what makes no sense. */
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { Result, Schema } from "effect"
import { RejectedBy, RejectionReason } from "../../../contracts/batch.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { durationOf, hasUnit } from "../../../contracts/quantity.ts"
import type { DeadLetterFilter } from "../../inspect/dead-letters/search.ts"
import { fromReadable } from "../../inspect/escape-bytes.ts"
import { WrongUse } from "../run-command.ts"

/** Letters by their addresses, or all that match. */
export type Chosen =
  | { readonly kind: "these"; readonly addresses: ReadonlyArray<string> }
  | { readonly kind: "matching"; readonly filter: DeadLetterFilter }

export type Asked =
  | { readonly verb: "help" }
  | {
      readonly verb: "list"
      readonly filter: DeadLetterFilter
      readonly limit: number
      readonly cursor: string | undefined
      readonly asJson: boolean
    }
  | { readonly verb: "show"; readonly address: string; readonly asJson: boolean }
  | {
      readonly verb: "replay"
      readonly chosen: Chosen
      readonly line: ByteString | undefined
      readonly isDry: boolean
      readonly force: boolean
      readonly asJson: boolean
    }
  | { readonly verb: "discard"; readonly chosen: Chosen; readonly isConfirmed: boolean }

const options = {
  reason: { type: "string" },
  stage: { type: "string" },
  topic: { type: "string" },
  text: { type: "string" },
  since: { type: "string" },
  until: { type: "string" },
  limit: { type: "string" },
  cursor: { type: "string" },
  all: { type: "boolean" },
  line: { type: "string" },
  "line-file": { type: "string" },
  "dry-run": { type: "boolean" },
  force: { type: "boolean" },
  yes: { type: "boolean" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" }
} as const

type Values = ReturnType<typeof parse>["values"]

const parse = (args: ReadonlyArray<string>) => parseArgs({ args: [...args], allowPositionals: true, options })

const filters = ["reason", "stage", "topic", "text", "since", "until"] as const

/** Which options each verb has. */
const takes: Readonly<Record<string, ReadonlyArray<keyof Values>>> = {
  list: [...filters, "limit", "cursor", "json"],
  show: ["json"],
  replay: [...filters, "all", "line", "line-file", "dry-run", "force", "json"],
  discard: [...filters, "all", "yes"]
}

/** `now`: milliseconds since 1970, for times like `2h`. */
export const readArguments = (args: ReadonlyArray<string>, now: number): Asked => {
  const { values, positionals } = parse(args)
  const [verb, ...addresses] = positionals
  if (values.help === true) return { verb: "help" }
  const known = takes[verb ?? ""]
  if (verb === undefined || known === undefined) {
    throw new WrongUse(
      verb === undefined ? "say list, show, replay or discard" : `dead-letters has no "${verb}"`
    )
  }
  const strange = Object.keys(values).find((name) => !known.some((one) => one === name))
  if (strange !== undefined) throw new WrongUse(`${verb} has no --${strange}`)
  const filter = readFilter(values, now)
  const asJson = values.json === true

  switch (verb) {
    case "list":
      if (addresses.length > 0) throw new WrongUse("list takes no ids; show does")
      return { verb, filter, limit: readLimit(values.limit), cursor: values.cursor, asJson }
    case "show": {
      const [address, ...more] = addresses
      if (address === undefined || more.length > 0) throw new WrongUse("show wants one id")
      return { verb, address, asJson }
    }
    case "replay": {
      const chosen = readChosen(verb, values, addresses, filter)
      const line = readLine(values)
      if (line !== undefined && addresses.length !== 1)
        throw new WrongUse("a line can be given for one id only")
      return { verb, chosen, line, isDry: values["dry-run"] === true, force: values.force === true, asJson }
    }
    default:
      return {
        verb: "discard",
        chosen: readChosen(verb, values, addresses, filter),
        isConfirmed: values.yes === true
      }
  }
}

const readChosen = (
  verb: string,
  values: Values,
  addresses: ReadonlyArray<string>,
  filter: DeadLetterFilter
): Chosen => {
  const all = values.all === true
  if (all === addresses.length > 0) throw new WrongUse(`${verb} wants ids, or --all`)
  const given = filters.find((name) => values[name] !== undefined)
  if (!all && given !== undefined) throw new WrongUse(`--${given} goes with --all`)
  return all ? { kind: "matching", filter } : { kind: "these", addresses: [...new Set(addresses)] }
}

const isReason = Schema.is(RejectionReason)
const isStage = Schema.is(RejectedBy)

const readFilter = (values: Values, now: number): DeadLetterFilter => {
  const { reason, stage, topic, text, since, until } = values
  if (reason !== undefined && !isReason(reason)) {
    throw new WrongUse(`there is no reason "${reason}"; there are ${RejectionReason.literals.join(", ")}`)
  }
  if (stage !== undefined && !isStage(stage)) {
    throw new WrongUse(`there is no stage "${stage}"; there are ${RejectedBy.literals.join(", ")}`)
  }
  return {
    reason,
    stage,
    topic,
    text,
    since: readTime("since", since, now),
    until: readTime("until", until, now)
  }
}

/** A date and time as ISO 8601 writes it (UTC where it says nothing else), or how long ago: 30s, 10m, 2h, 7d. */
const readTime = (name: string, text: string | undefined, now: number): number | undefined => {
  if (text === undefined) return undefined
  const ago = hasUnit(text) ? durationOf(text, "seconds") : undefined
  if (ago !== undefined && Number.isFinite(ago)) return now - ago
  if (/^\d{4}-\d\d-\d\d/.test(text)) {
    const hasZone = /(Z|[+-]\d\d:?\d\d)$/.test(text)
    const at = Date.parse(hasZone || text.length === 10 ? text : `${text.replace(" ", "T")}Z`)
    if (!Number.isNaN(at)) return at
  }
  throw new WrongUse(`--${name} wants a time like 2026-11-20T18:00, or how long ago: 30s, 10m, 2h, 7d`)
}

/** How many letters a list shows unless it is told otherwise. */
const standardLimit = 50

const readLimit = (text: string | undefined): number => {
  if (text === undefined) return standardLimit
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new WrongUse("--limit wants a number from 1 on")
  return Number(text)
}

const readLine = (values: Values): ByteString | undefined => {
  const file = values["line-file"]
  if (values.line !== undefined && file !== undefined)
    throw new WrongUse("the line is given with --line or --line-file")
  const text = file === undefined ? values.line : fileText(file)
  if (text === undefined) return undefined
  return Result.getOrThrowWith(fromReadable(text), (sentence) => new WrongUse(sentence))
}

/** The file's text without the line end that an editor puts at the end. */
const fileText = (file: string): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(readFileSync(file))
      .replace(/\r?\n$/, "")
  } catch (problem) {
    throw new WrongUse(
      problem instanceof TypeError
        ? `${file} is not UTF-8: write other bytes as \\xNN`
        : `${file} cannot be read`
    )
  }
}
