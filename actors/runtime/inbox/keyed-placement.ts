/**
 * Where the records of a key are: the topic that a keyed actor reads, and the topics that are copied to it by key. From the
 * settings alone. Pure.
 */
import { Config, Duration, Effect } from "effect"
import type { EventLog, LogRecord } from "../../../bridge/event-log/service.ts"
import { kafkaKeyParam } from "../../../bridge/settings.ts"
import { Failure } from "../../../contracts/failure.ts"
import { Topic } from "../../../contracts/ids.ts"
import { type Setting, setting } from "../../../contracts/setting.ts"
import { duration } from "../../../contracts/setting-readers.ts"
import { readTopics } from "../../transform/topics.ts"
import type { StartFailure } from "../actor.ts"
import { type KeyOf, keyIn } from "./key.ts"

export const timerDelay = setting(
  "TIMER_DELAY",
  duration("seconds"),
  Duration.seconds(10),
  "How far the clock of keyed actors stays behind: time for records that are on their way to the log, and for differences between the clocks of machines.",
  "10s"
)

export const rekeyPrefix = setting(
  "REKEY_PREFIX",
  Config.String,
  "spoor-by-",
  "How the topics with events by key begin, and their consumer groups; the parameter follows, or the actor that computes the key. Another one for each Spoor that shares a Kafka."
)

export interface KeyedInbox {
  /** The actor's name; its consumer group is `spoor-<name>`. */
  readonly name: string
  readonly key: string | Setting<string> | ComputedKey
  /** Topics other than those of the settings. */
  readonly topics: ReadonlyArray<string> | undefined
  /** A further topic to create: that of the actor's results. */
  readonly creates: Effect.Effect<Topic | undefined, StartFailure>
}

/** A key that is computed from each record: the records are always copied, to the topic REKEY_PREFIX and the actor's name. */
export interface ComputedKey {
  readonly keyOf: Effect.Effect<KeyOf, StartFailure>
  /** Topics without which the actor has nothing to do: the settings must name them. */
  readonly needs: ReadonlyArray<string>
}

export const isComputed = (key: KeyedInbox["key"]): key is ComputedKey =>
  typeof key === "object" && "keyOf" in key

/** What the settings say about where the records of a key are. */
export interface Placement {
  /** The parameter, or the actor that computes the key. */
  readonly param: string
  readonly keyOf: KeyOf
  /** The topics whose events the actor handles, and those that are read or copied. */
  readonly own: ReadonlyArray<Topic>
  readonly sources: ReadonlyArray<Topic>
  /** The topic that is read, in which all records of a key are in one partition. */
  readonly topic: Topic
  /** True when events have to be copied to `topic` first. */
  readonly isRekeyed: boolean
  /** True when every record of the topic has its key; else all of them are in one partition. */
  readonly hasKeys: boolean
  readonly delayMs: number
}

/** Reads the settings; fails with one sentence for some that cannot work. */
export const readPlacement = ({
  name,
  key: given,
  topics,
  creates
}: KeyedInbox): Effect.Effect<Placement, StartFailure> =>
  Effect.gen(function* () {
    const computed = isComputed(given) ? yield* given.keyOf : undefined
    const param = typeof given === "string" ? given : isComputed(given) ? name : yield* given.config
    const { all } = yield* readTopics
    const own = topics === undefined ? all : all.filter((topic) => topics.includes(topic))
    const wanted = [...(topics ?? []), ...(isComputed(given) ? given.needs : [])]
    const missing = wanted.find((topic) => !all.some((one) => one === topic))
    if (missing !== undefined)
      return yield* new Failure({
        reason: "misconfigured",
        message: `${name} reads the topic "${missing}", which is none of KAFKA_TOPIC and KAFKA_TOPICS: add it there.`
      })
    const keyOf = computed ?? ((record: LogRecord) => keyIn(record, param))
    const keys = { param, keyOf }
    // Records of the same millisecond may follow.
    const delayMs = Math.max(1, Duration.toMillis(yield* timerDelay.config))
    const keyed = yield* kafkaKeyParam.config
    const [only] = own
    // Records of several topics with one key would be read by several processes.
    if (computed === undefined && keyed === param && only !== undefined && own.length === 1)
      return { ...keys, own, sources: own, topic: only, isRekeyed: false, hasKeys: true, delayMs }
    const topic = `${yield* rekeyPrefix.config}${param}`
    if (!/^[A-Za-z0-9._-]{1,249}$/.test(topic)) {
      const what =
        typeof given === "string" ? "the parameter" : isComputed(given) ? "the actor's name" : given.name
      return yield* new Failure({
        reason: "misconfigured",
        message: `REKEY_PREFIX and ${what} make "${topic}", which is not a valid name of a Kafka topic: use letters, digits, ".", "_" and "-", at most 249.`
      })
    }
    const results = yield* creates
    if ([...all, results].some((one) => one === topic))
      return yield* new Failure({
        reason: "misconfigured",
        message: `${name} would copy events to "${topic}", which is one of KAFKA_TOPIC and KAFKA_TOPICS or the topic of its results, and then copy the copies again: choose another REKEY_PREFIX, or remove that topic.`
      })
    // All actors with this parameter share the copies, so that all topics are copied whichever of them this one reads.
    return { ...keys, own, sources: all, topic: Topic.make(topic), isRekeyed: true, hasKeys: true, delayMs }
  })

/** A topic of the log in a file has one partition: all records of a key are in it already. */
export const inOnePartition = (log: EventLog["Service"], placement: Placement): Placement => {
  const { own } = placement
  const [only] = own
  return log.dependency.kind === "sqlite" && own.length === 1 && only !== undefined
    ? { ...placement, sources: own, topic: only, isRekeyed: false, hasKeys: false }
    : placement
}
