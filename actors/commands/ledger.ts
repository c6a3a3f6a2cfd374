/**
 * The command `ledger`: where every event is, as numbers that must add up; and `ledger where <id>`: where one event is.
 * Looks once and ends, with 1 when it does not add up or a queue could not be asked; with `--watch` it goes on until
 * a signal.
 */
import { parseArgs } from "node:util"
import { Context, Effect, Layer } from "effect"
import { EventLog } from "../../bridge/event-log/service.ts"
import { IngestQueue } from "../../bridge/ingest-queue/service.ts"
import { readLedger } from "../inspect/ledger/read-ledger.ts"
import { locateEvent } from "../inspect/locate-event.ts"
import { eventLog, ingestQueue } from "../runtime/dependencies.ts"
import { readTopics, topicSettings } from "../transform/topics.ts"
import { ledgerText, whereJson, whereText } from "./ledger/text.ts"
import { runCommand, say, WrongUse } from "./run-command.ts"

const usage = `usage: ledger [--json] [--watch]     how many events were received, and where they are
       ledger where <id> [--json]   where one event is, by its id

Per topic: received = stored + dead letters + discarded + waiting + in flight. A replayed dead letter is under way or
settled again, so it is shown but no part of the sum.
  --json    one line of JSON, for programs
  --watch   every two seconds anew
Exit code 0 when it adds up (where: when the event was found), else 1.`

const settings = [...ingestQueue.settings, ...topicSettings, ...eventLog.settings]

const count = Effect.fnUntraced(function* (asJson: boolean, isWatched: boolean) {
  const { sources } = Context.get(yield* Layer.build(ingestQueue.layer), IngestQueue)
  const topics = yield* readTopics
  const once = Effect.gen(function* () {
    const ledger = yield* readLedger(sources, topics)
    const clear = isWatched && !asJson && process.stdout.isTTY === true ? "\u001b[H\u001b[2J" : ""
    yield* say(asJson ? JSON.stringify(ledger) : clear + ledgerText(ledger))
    return ledger.balanced === true && ledger.complete ? 0 : 1
  })
  return isWatched ? yield* Effect.forever(Effect.andThen(once, Effect.sleep("2 seconds"))) : yield* once
})

const where = Effect.fnUntraced(function* (id: string, asJson: boolean) {
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
  yield* say(asJson ? JSON.stringify(whereJson(found)) : whereText(found))
  return found.state === "not found" || found.state === "not an id" ? 1 : 0
})

await runCommand({
  usage,
  settings,
  read: () => {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        json: { type: "boolean", default: false },
        watch: { type: "boolean", default: false },
        help: { type: "boolean", short: "h" }
      }
    })
    const [verb, id, ...more] = positionals
    if (values.help === true) return "help"
    if (verb === undefined) return count(values.json, values.watch)
    if (verb !== "where") throw new WrongUse(`ledger has no "${verb}"`)
    if (id === undefined || more.length > 0) throw new WrongUse("where wants one event id")
    if (values.watch) throw new WrongUse("where looks once: there is no --watch")
    return where(id, values.json)
  }
})
