/** What `dead-letters` does for each of its verbs: says what it found or did, and returns the exit code. */
import { Clock, Effect, Layer } from "effect"
import type { QueueSource } from "../../../bridge/ingest-queue/service.ts"
import type { Failure } from "../../../contracts/failure.ts"
import { makeDryRun } from "../../inspect/dead-letters/dry-run.ts"
import {
  type DeadLetterFilter,
  type DeadLetterPage,
  discardDeadLetter,
  discardMatching,
  type FoundDeadLetter,
  findDeadLetter,
  replayDeadLetter,
  replayMatching,
  searchDeadLetters
} from "../../inspect/dead-letters/search.ts"
import { counted, plain } from "../../inspect/plain-text.ts"
import { geoIp } from "../../runtime/dependencies.ts"
import { readTopics } from "../../transform/topics.ts"
import { note, say } from "../run-command.ts"
import type { Asked } from "./options.ts"
import { deadLetterJson, deadLettersTable, deadLetterText, dryRunJson, dryRunText } from "./text.ts"

type Of<Verb> = Extract<Asked, { readonly verb: Verb }>
type Sources = ReadonlyArray<QueueSource>

export const list = Effect.fnUntraced(function* (
  sources: Sources,
  { filter, limit, cursor, asJson }: Of<"list">
) {
  const page = yield* searchDeadLetters(sources, { ...filter, limit, cursor })
  const code = yield* tell(page.troubles)
  if (asJson) for (const letter of page.letters) yield* say(JSON.stringify(deadLetterJson(letter)))
  else if (page.letters.length === 0) yield* say(noneText(page))
  else yield* say(deadLettersTable(page.letters))
  if (page.cursor !== undefined) yield* note(`There may be more: the same with --cursor ${page.cursor}`)
  return code
})

/** Nothing is claimed of queues that could not be asked. */
const noneText = ({ total, troubles }: DeadLetterPage): string => {
  if (total === null) return "Not known: no queue could be asked."
  if (troubles.length > 0)
    return total === 0
      ? "No dead letters on the queues that could be asked; not all could."
      : "None matches of those that could be read; not all could."
  return total === 0 ? "No dead letters." : "None matches."
}

export const show = Effect.fnUntraced(function* (sources: Sources, { address, asJson }: Of<"show">) {
  const letter = yield* findDeadLetter(sources, address)
  if (letter === undefined) return yield* missing(address)
  yield* say(asJson ? JSON.stringify(deadLetterJson(letter)) : deadLetterText(letter))
  return 0
})

export const replay = Effect.fnUntraced(function* (sources: Sources, asked: Of<"replay">) {
  const { chosen, line, force, isDry } = asked
  if (isDry) return yield* tryDry(sources, asked)
  if (chosen.kind === "matching") {
    const { done, gone, tooOften, troubles } = yield* replayMatching(sources, chosen.filter, { force })
    if (nothingAsked(done, troubles, sources)) {
      if (asked.asJson) yield* say(JSON.stringify({ replayed: null, gone: null, tooOften }))
      return yield* tell(troubles)
    }
    yield* outcome(asked.asJson, { replayed: done, gone, tooOften }, [
      `${counted(done, "letter")} replayed.`,
      ...(gone === 0 ? [] : [`${counted(gone, "letter")} gone meanwhile.`]),
      ...tooOften.map((address) => `${plain(address)}  ${refused}`)
    ])
    return Math.max(yield* tell(troubles), tooOften.length > 0 ? 1 : 0)
  }
  let code = 0
  for (const address of chosen.addresses) {
    const letter = yield* findDeadLetter(sources, address)
    const result = letter === undefined ? "gone" : yield* replayDeadLetter(letter, { line, force })
    if (result !== "done") code = 1
    const said = { done: "replayed", gone: "is no dead letter", "too often": refused }[result]
    yield* outcome(asked.asJson, { id: address, result }, [`${plain(address)}  ${said}`])
  }
  return code
})

export const discard = Effect.fnUntraced(function* (
  sources: Sources,
  { chosen, isConfirmed }: Of<"discard">
) {
  if (chosen.kind === "matching") {
    if (!isConfirmed) {
      let count = 0
      const add = Effect.sync(() => {
        count += 1
      })
      if ((yield* forEachMatch(sources, chosen.filter, () => add)) !== 0) return 1
      yield* note(`${counted(count, "letter")} would be discarded for good. Say --yes to do it.`)
      return 1
    }
    const { done, troubles } = yield* discardMatching(sources, chosen.filter)
    if (!nothingAsked(done, troubles, sources)) yield* say(`${counted(done, "letter")} discarded.`)
    return yield* tell(troubles)
  }
  let code = 0
  for (const address of chosen.addresses) {
    const letter = yield* findDeadLetter(sources, address)
    const isDone = letter !== undefined && (yield* discardDeadLetter(letter))
    if (!isDone) code = 1
    yield* say(`${plain(address)}  ${isDone ? "discarded" : "is no dead letter"}`)
  }
  return code
})

/** No queue could be asked, so that nothing was done says nothing. */
const nothingAsked = (done: number, troubles: ReadonlyArray<string>, sources: Sources): boolean =>
  done === 0 && troubles.length === sources.length

const refused = "came back from three replays within a week: not replayed (--force does)"

/** Says for each chosen letter what would become of it; sends nothing. */
const tryDry = Effect.fnUntraced(function* (sources: Sources, { chosen, line, asJson }: Of<"replay">) {
  const tryLine = yield* Effect.provide(makeDryRun(yield* readTopics), yield* Layer.build(geoIp.layer))
  let code = 0
  const tryOne = Effect.fnUntraced(function* (letter: FoundDeadLetter) {
    const trial = tryLine(line ?? letter.line, yield* Clock.currentTimeMillis)
    if (trial.kind === "dead") code = 1
    const { address: id } = letter
    yield* outcome(asJson, { id, ...dryRunJson(trial) }, [`${plain(id)}  ${dryRunText(trial)}`])
  })
  if (chosen.kind === "matching") return Math.max(yield* forEachMatch(sources, chosen.filter, tryOne), code)
  for (const address of chosen.addresses) {
    const letter = yield* findDeadLetter(sources, address)
    if (letter === undefined) code = yield* missing(address)
    else yield* tryOne(letter)
  }
  return code
})

/** Looks at every letter that matches, a page at a time; returns the exit code. */
const forEachMatch = Effect.fnUntraced(function* (
  sources: Sources,
  filter: DeadLetterFilter,
  see: (letter: FoundDeadLetter) => Effect.Effect<void>
): Effect.fn.Return<number, Failure> {
  let cursor: string | undefined
  do {
    const page = yield* searchDeadLetters(sources, { ...filter, limit: 500, cursor })
    for (const letter of page.letters) yield* see(letter)
    if (page.troubles.length > 0) return yield* tell(page.troubles)
    cursor = page.cursor
  } while (cursor !== undefined)
  return 0
})

const outcome = (asJson: boolean, value: object, lines: ReadonlyArray<string>): Effect.Effect<void> =>
  say(asJson ? JSON.stringify(value) : lines.join("\n"))

const missing = (address: string): Effect.Effect<number> =>
  Effect.as(note(`spoor: there is no dead letter "${plain(address)}"`), 1)

/** Says what went wrong, if anything did; returns the exit code. */
const tell = (troubles: ReadonlyArray<string>): Effect.Effect<number> =>
  Effect.as(
    Effect.forEach(troubles, (trouble) => note(`spoor: ${plain(trouble)}`), { discard: true }),
    troubles.length === 0 ? 0 : 1
  )
