/**
 * The command `dead-letters`: lists, shows, replays (also edited, or as a dry run) or discards the dead letters of every
 * queue server, and ends.
 */
import { Context, Duration, Effect, Layer } from "effect"
import { Command } from "effect/cli"
import { IngestQueue, type QueueSource } from "../../bridge/ingest-queue/service.ts"
import { ReactionStore } from "../../bridge/reaction-store/service.ts"
import { kafkaKeyParam } from "../../bridge/settings.ts"
import { withDeliveries } from "../inspect/dead-letters/with-deliveries.ts"
import { deliverFor, renderSettings } from "../rules/settings.ts"
import { geoIp, ingestQueue, reactionStore } from "../runtime/dependencies.ts"
import { topicSettings } from "../transform/topics.ts"
import { handler } from "./command-line/run.ts"
import * as operations from "./dead-letters/operations.ts"
import {
  checkLine,
  checkSelection,
  discardOptions,
  listOptions,
  replayOptions,
  showOptions
} from "./dead-letters/options.ts"
import { runCommand } from "./run-command.ts"

/** Runs the operation on the queues that the settings name. */
const onQueues = <Input, E, R>(
  operation: (sources: ReadonlyArray<QueueSource>, input: Input) => Effect.Effect<number, E, R>
) =>
  handler((input: Input) =>
    Effect.gen(function* () {
      const context = yield* Layer.build(Layer.merge(ingestQueue.layer, reactionStore.layer))
      const { sources } = Context.get(context, IngestQueue)
      const store = Context.get(context, ReactionStore)
      const deliverForMs = Duration.toMillis(yield* deliverFor.config)
      return yield* operation(withDeliveries(sources, { store, deliverForMs }), input)
    })
  )

const list = Command.make("list", listOptions, onQueues(operations.list)).pipe(
  Command.withDescription("Lists dead letters, the newest first."),
  Command.withExamples([{ command: "dead-letters list --reason 'no path' --since 2h" }])
)

const show = Command.make("show", showOptions, onQueues(operations.show)).pipe(
  Command.withDescription("Shows one dead letter with its line.")
)

const replay = Command.make("replay", replayOptions, onQueues(operations.replay)).pipe(
  Command.validate((input) => checkSelection("replay", input)),
  Command.validate(checkLine),
  Command.withShortDescription("Push dead letters again"),
  Command.withDescription(
    `Pushes the line again: it is processed like a new one, with a new id, and becomes a dead letter again if it cannot be
stored. A line that came back three times within a week is replayed only with --force. A delivery of a rule is tried again
from the step that failed, under the same id; its line is JSON that can be edited.
Exit code 0 when all is done (--dry-run: when all would be stored or sent), else 1.`
  ),
  Command.withExamples([
    { command: "dead-letters replay 01a1fb8bbec97cb7a986b924b7858cf5-0 --dry-run" },
    { command: "dead-letters replay --all --topic events --since 1d" }
  ])
)

const discard = Command.make("discard", discardOptions, onQueues(operations.discard)).pipe(
  Command.validate((input) => checkSelection("discard", input)),
  Command.withDescription(
    "Discards dead letters for good. With --all it only counts them, unless --yes is given."
  )
)

await runCommand(
  Command.make("dead-letters").pipe(
    Command.withDescription(
      `Lists, shows, replays or discards dead letters: events that could not be processed.
Exit code 0 when all is done, else 1.`
    ),
    Command.withSubcommands([list, show, replay, discard])
  ),
  [
    ...ingestQueue.settings,
    ...reactionStore.settings,
    ...topicSettings,
    ...geoIp.settings,
    kafkaKeyParam,
    deliverFor,
    ...renderSettings
  ]
)
