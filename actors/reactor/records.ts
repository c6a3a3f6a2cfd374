/**
 * The inbox of the reactor: records of the topics of lines, and of those of REACT_TOPICS as soon as they exist. A new group
 * begins where the process began: rules that are used for the first time must not call anybody for events of last month.
 * Lives as long as one run of the actor.
 */
import { Effect } from "effect"
import { clockSlack, EventLog, type RecordBatch } from "../../bridge/event-log/service.ts"
import type { Failure } from "../../contracts/failure.ts"
import type { Topic } from "../../contracts/ids.ts"
import { reactTopics } from "../rules/settings.ts"
import type { Inbox } from "../runtime/actor.ts"
import { Self } from "../runtime/actor-context.ts"
import { ensureTopics } from "../runtime/ensure-topics.ts"
import { lagAfter, traced } from "../runtime/inbox/records.ts"
import { topicSettings } from "../transform/topics.ts"
import { readReactTopics } from "./topics.ts"

/** How often topics that do not exist are looked for. */
const lookInterval = "5 seconds"

/** Reads as the group `spoor-<name>`. `since`: where a new group begins, ms since 1970; default: at the start of the process. */
export const reactorRecords = (
  name: string,
  since = performance.timeOrigin - clockSlack
): Inbox<RecordBatch, void, EventLog> => ({
  describes: `records of the log (group spoor-${name})`,
  settings: [...topicSettings, reactTopics],
  checks: [readReactTopics],
  group: { name: `spoor-${name}`, isPrefix: false },
  open: Effect.fnUntraced(function* (mailbox) {
    const log = yield* EventLog
    const { meter } = yield* Self
    const { all, more } = yield* readReactTopics
    const topicsReady = yield* ensureTopics(log, all)
    meter.startReading()
    const read = (topics: ReadonlyArray<Topic>) =>
      log.read(
        { group: `spoor-${name}`, topics, from: { since }, partitionsAtOnce: mailbox.limits.concurrency },
        (batch) =>
          Effect.tap(
            traced(
              name,
              batch,
              mailbox.deliver(batch, { events: batch.records.length, oldest: batch.records[0]?.timestamp })
            ),
            () => Effect.sync(() => meter.readUpTo(lagAfter(batch)))
          )
      )
    const exists = (topic: Topic): Effect.Effect<boolean> =>
      log.partitions([topic]).pipe(
        Effect.map((counts) => (counts.get(topic) ?? 0) > 0),
        Effect.orElseSucceed(() => false)
      )
    return Effect.andThen(topicsReady, readGrowing(all, more, exists, read))
  })
})

/** Reads the topics that exist; when another one of `more` appears, the reading ends and begins again with it. */
export const readGrowing = (
  all: ReadonlyArray<Topic>,
  more: ReadonlyArray<Topic>,
  exists: (topic: Topic) => Effect.Effect<boolean>,
  read: (topics: ReadonlyArray<Topic>) => Effect.Effect<never, Failure>
): Effect.Effect<never, Failure> =>
  Effect.gen(function* () {
    const found = new Set<Topic>()
    const look = Effect.gen(function* () {
      const before = found.size
      for (const topic of more) if (!found.has(topic) && (yield* exists(topic))) found.add(topic)
      return found.size > before
    })
    yield* look
    while (true) {
      const grown = look.pipe(
        Effect.delay(lookInterval),
        Effect.repeat({ until: (hasGrown) => hasGrown }),
        Effect.asVoid
      )
      const topics = [...all, ...found]
      yield* found.size === more.length ? read(topics) : Effect.raceFirst(read(topics), grown)
    }
  })
