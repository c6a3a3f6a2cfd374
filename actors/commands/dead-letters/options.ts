/** The arguments and flags of the subcommands of `dead-letters`, and the checks across several of them. */
import { readFileSync } from "node:fs"
import { Effect, Result } from "effect"
import { Argument, type CliError, type Command, Flag } from "effect/cli"
import { DeadLetterReason, DeadLetterStage } from "../../../contracts/dead-letter.ts"
import type { ByteString } from "../../../contracts/event.ts"
import type { DeadLetterFilter } from "../../inspect/dead-letters/search.ts"
import { fromReadable } from "../../inspect/escape-bytes.ts"
import { countFlag, misuse, switchFlag, textFlag } from "../command-line/flags.ts"
import { timeFlag } from "../command-line/time-flag.ts"

/** The filter flags; all given ones must match. */
const filter = {
  reason: Flag.Literals("reason", DeadLetterReason.literals).pipe(
    Flag.withMetavar("<reason>"),
    Flag.withDescription("Why it was dead-lettered"),
    Flag.withDefault(undefined)
  ),
  stage: Flag.Literals("stage", DeadLetterStage.literals).pipe(
    Flag.withMetavar("<stage>"),
    Flag.withDescription("Which actor rejected it"),
    Flag.withDefault(undefined)
  ),
  topic: textFlag("topic", "<topic>", "The topic of its event"),
  text: textFlag("text", "<text>", "A part of the line, case-insensitive"),
  since: timeFlag(
    "since",
    "Dead-lettered at or after this time: 2026-11-20T18:00 (UTC), or an age: 30s, 10m, 2h, 7d"
  ),
  until: timeFlag("until", "Dead-lettered before this time")
}

const id = Argument.String("id").pipe(
  Argument.withDescription("The id of its event; for one of another program: raw- and 12 hex digits")
)

const selection = {
  ids: Argument.variadic(id),
  all: switchFlag("all", "All dead letters that match the filters, instead of ids"),
  filter
}

const json = switchFlag("json", "Print one line of JSON for each dead letter")

/** How many dead letters `list` shows unless --limit is given. */
const standardLimit = 50

export const listOptions = {
  filter,
  limit: countFlag("limit", `At most this many (${standardLimit})`).pipe(Flag.withDefault(standardLimit)),
  cursor: textFlag("cursor", "<cursor>", "Continue where the previous list ended"),
  json
}

export const showOptions = { id, json }

const lineOf = (text: string): Effect.Effect<ByteString, CliError.CliError> =>
  Result.match(fromReadable(text), { onSuccess: Effect.succeed, onFailure: misuse })

export const replayOptions = {
  ...selection,
  line: Flag.String("line").pipe(
    Flag.withMetavar("<text>"),
    Flag.withDescription(
      "Replay this line instead, in the form in which lines are shown: \\xNN for a byte, \\\\ for a backslash"
    ),
    Flag.mapEffect(lineOf),
    Flag.withDefault(undefined)
  ),
  lineFile: textFlag("line-file", "<file>", "The same, read from a file"),
  dryRun: switchFlag("dry-run", "Print the outcome, and send nothing"),
  force: switchFlag("force", "Also replay a line that came back from three replays within a week"),
  json
}

export const discardOptions = { ...selection, yes: switchFlag("yes", "Confirm --all") }

export type ListInput = Command.Command.Config.Infer<typeof listOptions>
export type ShowInput = Command.Command.Config.Infer<typeof showOptions>
export type ReplayInput = Command.Command.Config.Infer<typeof replayOptions>
export type DiscardInput = Command.Command.Config.Infer<typeof discardOptions>

/** Dead letters by their ids, or all that match. */
export type Selection =
  | { readonly kind: "ids"; readonly ids: ReadonlyArray<string> }
  | { readonly kind: "matching"; readonly filter: DeadLetterFilter }

export const selectionOf = ({ all, ids, filter }: DiscardInput | ReplayInput): Selection =>
  all ? { kind: "matching", filter } : { kind: "ids", ids: [...new Set(ids)] }

/** Either ids or --all, and filters only with --all. */
export const checkSelection = (
  subcommand: "replay" | "discard",
  { all, ids, filter }: DiscardInput | ReplayInput
): Effect.Effect<void, CliError.CliError> => {
  if (all === ids.length > 0) return misuse(`${subcommand} needs ids, or --all`)
  const given = Object.entries(filter).find(([, value]) => value !== undefined)
  return !all && given !== undefined ? misuse(`--${given[0]} needs --all instead of ids`) : Effect.void
}

/** --line and --line-file replace the line of exactly one dead letter. */
export const checkLine = ({ ids, line, lineFile }: ReplayInput): Effect.Effect<void, CliError.CliError> => {
  if (line !== undefined && lineFile !== undefined) return misuse("write either --line or --line-file")
  if (ids.length === 1 || (line === undefined && lineFile === undefined)) return Effect.void
  return misuse("--line and --line-file need exactly one id")
}

/** The line to replay instead, from --line or the file of --line-file; undefined without both. */
export const replacementLine = ({
  line,
  lineFile
}: ReplayInput): Effect.Effect<ByteString | undefined, CliError.CliError> =>
  lineFile === undefined ? Effect.succeed(line) : Effect.flatMap(fileText(lineFile), lineOf)

/** The file's text without the final line break that editors add. */
const fileText = (file: string): Effect.Effect<string, CliError.CliError> =>
  Effect.try({
    try: () =>
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
        .decode(readFileSync(file))
        .replace(/\r?\n$/, ""),
    catch: (error) =>
      misuse(
        error instanceof TypeError
          ? `${file} is not UTF-8: write other bytes as \\xNN`
          : `${file} cannot be read: name a readable file after --line-file`
      )
  })
