/**
 * The command `ledger`: how many events were received and where they are; `ledger where <id>`: where one event is. Reads
 * the ledger once and ends, with 1 when it does not balance or a queue or the reactions cannot be reached; with `--watch` it reads it every
 * two seconds until a signal.
 */
import { Context, Effect, Layer } from "effect"
import { Argument, Command } from "effect/cli"
import { EventLog } from "../../bridge/event-log/service.ts"
import { IngestQueue } from "../../bridge/ingest-queue/service.ts"
import { ReactionStore } from "../../bridge/reaction-store/service.ts"
import { readLedger } from "../inspect/ledger/read-ledger.ts"
import { locateEvent } from "../inspect/locate-event.ts"
import { eventLog, ingestQueue, reactionStore } from "../runtime/dependencies.ts"
import { readTopics, topicSettings } from "../transform/topics.ts"
import { switchFlag } from "./command-line/flags.ts"
import { print } from "./command-line/print.ts"
import { handler } from "./command-line/run.ts"
import { ledgerText, whereJson, whereText } from "./ledger/text.ts"
import { runCommand } from "./run-command.ts"

const settings = [...ingestQueue.settings, ...reactionStore.settings, ...topicSettings, ...eventLog.settings]

const showLedger = Effect.fnUntraced(function* (asJson: boolean, isWatched: boolean) {
  const { sources } = Context.get(yield* Layer.build(ingestQueue.layer), IngestQueue)
  const reactions = yield* openReactions
  const topics = yield* readTopics
  const showOnce = Effect.gen(function* () {
    const ledger = yield* readLedger(sources, topics, reactions)
    const clear = isWatched && !asJson && process.stdout.isTTY === true ? "\u001b[H\u001b[2J" : ""
    yield* print(asJson ? JSON.stringify(ledger) : clear + ledgerText(ledger))
    return ledger.balanced === true && ledger.complete ? 0 : 1
  })
  return isWatched
    ? yield* Effect.forever(Effect.andThen(showOnce, Effect.sleep("2 seconds")))
    : yield* showOnce
})

/** The ledger of reactions; a store that cannot be opened is a trouble of the ledger, not the end of the command. */
const openReactions = Layer.build(reactionStore.layer).pipe(
  Effect.map((context) => Context.get(context, ReactionStore).ledger),
  Effect.catchTag("Failure", (failure) =>
    failure.reason === "misconfigured" ? Effect.fail(failure) : Effect.succeed(Effect.fail(failure))
  )
)

const showLocation = Effect.fnUntraced(function* (id: string, asJson: boolean) {
  const { sources } = Context.get(yield* Layer.build(ingestQueue.layer), IngestQueue)
  const topics = yield* readTopics
  const { scan } = yield* Layer.build(eventLog.layer).pipe(
    Effect.map((context): Pick<EventLog["Service"], "scan"> => Context.get(context, EventLog)),
    Effect.catchTag("Failure", (failure) =>
      failure.reason === "misconfigured"
        ? Effect.fail(failure)
        : Effect.succeed({ scan: () => Effect.fail(failure) })
    )
  )
  const found = yield* locateEvent(id, { sources, topics, scan })
  yield* print(asJson ? JSON.stringify(whereJson(found)) : whereText(found))
  return found.state === "not found" || found.state === "not an id" ? 1 : 0
})

const ledger = Command.make("ledger", {
  watch: switchFlag("watch", "Print the ledger every two seconds, until a signal")
}).pipe(Command.withSharedFlags({ json: switchFlag("json", "Print one line of JSON, for programs") }))

const where = Command.make(
  "where",
  { id: Argument.String("id").pipe(Argument.withDescription("The event's id")) },
  handler(({ id }) => Effect.flatMap(ledger, ({ json }) => showLocation(id, json)))
).pipe(
  Command.withShortDescription("Show where one event is"),
  Command.withDescription(
    `Shows where one event is: in flight with its lease, a dead letter, or in the log with its record.
Exit code 0 when the event was found, else 1.`
  )
)

await runCommand(
  ledger.pipe(
    Command.withHandler(handler(({ json, watch }) => showLedger(json, watch))),
    Command.withDescription(
      `Shows how many events were received, and where they are. Per topic:
received = stored + dead letters + discarded + waiting + in flight.
A replayed dead letter is in flight or settled again: it is shown, but not part of the sum.
Per rule: matched = delivered + dead letters + discarded + suppressed + waiting + in flight.
Exit code 0 when the ledger balances, else 1.`
    ),
    Command.withExamples([
      { command: "ledger" },
      { command: "ledger --watch" },
      { command: "ledger where 01a1fb8bbec97cb7a986b924b7858cf5-0" }
    ]),
    Command.withSubcommands([where])
  ),
  settings
)
