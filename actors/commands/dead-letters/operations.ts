/** What each subcommand of `dead-letters` does: prints what it found or did, and returns the exit code. */
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
import { deliveryIn } from "../../inspect/dead-letters/with-deliveries.ts"
import { counted, plain } from "../../inspect/plain-text.ts"
import { makeRenderer } from "../../rules/render.ts"
import { readRuleVariables } from "../../rules/variables.ts"
import { geoIp } from "../../runtime/dependencies.ts"
import { readTopics } from "../../transform/topics.ts"
import { isPossible, triedDeliveryText, tryDelivery } from "../../viewer/dead-letters/try-delivery.ts"
import { print, printError } from "../command-line/print.ts"
import {
  type DiscardInput,
  type ListInput,
  type ReplayInput,
  replacementLine,
  type ShowInput,
  selectionOf
} from "./options.ts"
import { deadLetterJson, deadLettersTable, deadLetterText, dryRunJson, dryRunText } from "./text.ts"

type Sources = ReadonlyArray<QueueSource>

export const list = Effect.fnUntraced(function* (
  sources: Sources,
  { filter, limit, cursor, json }: ListInput
) {
  const page = yield* searchDeadLetters(sources, { ...filter, limit, cursor })
  const code = yield* printTroubles(page.troubles)
  if (json) for (const letter of page.letters) yield* print(JSON.stringify(deadLetterJson(letter)))
  else if (page.letters.length === 0) yield* print(noneText(page))
  else yield* print(deadLettersTable(page.letters))
  if (page.cursor !== undefined) yield* printError(`There may be more: repeat with --cursor ${page.cursor}`)
  return code
})

/** The text for an empty list; says which queues are included, so that an unread queue is not reported as empty. */
const noneText = ({ total, troubles }: DeadLetterPage): string => {
  if (total === null) return "Unknown: no queue could be read."
  if (troubles.length > 0)
    return total === 0
      ? "No dead letters on the queues that could be read; some could not be read."
      : "No dead letter matches on the queues that could be read; some could not be read."
  return total === 0 ? "No dead letters." : "No dead letter matches."
}

export const show = Effect.fnUntraced(function* (sources: Sources, { id, json }: ShowInput) {
  const letter = yield* findDeadLetter(sources, id)
  if (letter === undefined) return yield* printMissing(id)
  yield* print(json ? JSON.stringify(deadLetterJson(letter)) : deadLetterText(letter))
  return 0
})

export const replay = Effect.fnUntraced(function* (sources: Sources, input: ReplayInput) {
  const { force, json } = input
  if (input.dryRun) return yield* dryRun(sources, input)
  const selection = selectionOf(input)
  if (selection.kind === "matching") {
    const { done, gone, tooOften, troubles } = yield* replayMatching(sources, selection.filter, { force })
    if (noneReached(done, troubles, sources)) {
      if (json) yield* print(JSON.stringify({ replayed: null, gone: null, tooOften }))
      return yield* printTroubles(troubles)
    }
    yield* printResult(json, { replayed: done, gone, tooOften }, [
      `${counted(done, "dead letter")} replayed.`,
      ...(gone === 0 ? [] : [`${counted(gone, "dead letter")} replayed or discarded by others meanwhile.`]),
      ...tooOften.map((address) => `${plain(address)}  ${refused}`)
    ])
    return Math.max(yield* printTroubles(troubles), tooOften.length > 0 ? 1 : 0)
  }
  const line = yield* replacementLine(input)
  let code = 0
  for (const address of selection.ids) {
    const letter = yield* findDeadLetter(sources, address)
    const result = letter === undefined ? "gone" : yield* replayDeadLetter(letter, { line, force })
    if (result !== "done") code = 1
    const text = { done: "replayed", gone: "not a dead letter", "too often": refused }[result]
    yield* printResult(json, { id: address, result }, [`${plain(address)}  ${text}`])
  }
  return code
})

export const discard = Effect.fnUntraced(function* (sources: Sources, input: DiscardInput) {
  const selection = selectionOf(input)
  if (selection.kind === "matching") {
    if (!input.yes) {
      let count = 0
      const add = Effect.sync(() => {
        count += 1
      })
      if ((yield* forEachMatch(sources, selection.filter, () => add)) !== 0) return 1
      yield* printError(`${counted(count, "dead letter")} would be discarded for good. Add --yes to discard.`)
      return 1
    }
    const { done, troubles } = yield* discardMatching(sources, selection.filter)
    if (!noneReached(done, troubles, sources)) yield* print(`${counted(done, "dead letter")} discarded.`)
    return yield* printTroubles(troubles)
  }
  let code = 0
  for (const address of selection.ids) {
    const letter = yield* findDeadLetter(sources, address)
    const isDone = letter !== undefined && (yield* discardDeadLetter(letter))
    if (!isDone) code = 1
    yield* print(`${plain(address)}  ${isDone ? "discarded" : "not a dead letter"}`)
  }
  return code
})

/** True when no queue could be reached: then 0 is not a result. */
const noneReached = (done: number, troubles: ReadonlyArray<string>, sources: Sources): boolean =>
  done === 0 && troubles.length === sources.length

const refused = "not replayed: it came back from three replays within a week; add --force to replay it"

/** Prints the outcome of a replay for each selected dead letter; sends nothing. */
const dryRun = Effect.fnUntraced(function* (sources: Sources, input: ReplayInput) {
  const { json } = input
  const selection = selectionOf(input)
  const line = yield* replacementLine(input)
  const tryLine = yield* Effect.provide(makeDryRun(yield* readTopics), yield* Layer.build(geoIp.layer))
  const renderer = makeRenderer(yield* readRuleVariables())
  let code = 0
  const tryOne = Effect.fnUntraced(function* (letter: FoundDeadLetter) {
    if (letter.letter?.stage === "deliverer") {
      const tried = tryDelivery(yield* deliveryIn(line ?? letter.line), renderer)
      if (!isPossible(tried)) code = 1
      const text = `${plain(letter.address)}  of rule ${plain(tried.rule)}, would send:\n${triedDeliveryText(tried)}`
      return yield* printResult(json, { id: letter.address, outcome: "sent", ...tried }, [text])
    }
    const outcome = tryLine(line ?? letter.line, yield* Clock.currentTimeMillis)
    if (outcome.kind === "dead") code = 1
    const { address: id } = letter
    yield* printResult(json, { id, ...dryRunJson(outcome) }, [`${plain(id)}  ${dryRunText(outcome)}`])
  })
  if (selection.kind === "matching")
    return Math.max(yield* forEachMatch(sources, selection.filter, tryOne), code)
  for (const address of selection.ids) {
    const letter = yield* findDeadLetter(sources, address)
    if (letter === undefined) code = yield* printMissing(address)
    else yield* tryOne(letter)
  }
  return code
})

/** Visits every dead letter that matches, a page at a time; returns the exit code. */
const forEachMatch = Effect.fnUntraced(function* (
  sources: Sources,
  filter: DeadLetterFilter,
  visit: (letter: FoundDeadLetter) => Effect.Effect<void, Failure>
): Effect.fn.Return<number, Failure> {
  let cursor: string | undefined
  do {
    const page = yield* searchDeadLetters(sources, { ...filter, limit: 500, cursor })
    for (const letter of page.letters) yield* visit(letter)
    if (page.troubles.length > 0) return yield* printTroubles(page.troubles)
    cursor = page.cursor
  } while (cursor !== undefined)
  return 0
})

const printResult = (json: boolean, value: object, lines: ReadonlyArray<string>): Effect.Effect<void> =>
  print(json ? JSON.stringify(value) : lines.join("\n"))

const printMissing = (address: string): Effect.Effect<number> =>
  Effect.as(printError(`spoor: no dead letter has the id "${plain(address)}"`), 1)

/** Prints the errors of queues; returns the exit code. */
const printTroubles = (troubles: ReadonlyArray<string>): Effect.Effect<number> =>
  Effect.as(
    Effect.forEach(troubles, (trouble) => printError(`spoor: ${plain(trouble)}`), { discard: true }),
    troubles.length === 0 ? 0 : 1
  )
