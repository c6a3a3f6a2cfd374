/**
 * The format in which one sender writes the requests of a conversation: the newest that every responder reads, as their
 * endpoints say in `$SRV.INFO`. It is asked at the first use, which waits for the answers, and then at most every 10 s in
 * the background. Without an answer the sender writes the oldest format, which all read. Within one process all actors are
 * of one version, so the format is the newest at once. Lives as long as its sender.
 */
import { Clock, Deferred, Effect } from "effect"
import { discover, type Info } from "../../bridge/message-bus/micro-service.ts"
import type { MessageBus } from "../../bridge/message-bus/service.ts"
import {
  type Format,
  formats,
  newestFormat,
  newestShared,
  oldestFormat,
  readFormats
} from "../../contracts/messages/format.ts"
import type { Conversation } from "../../contracts/requests.ts"

/** The shortest time between two questions, milliseconds. */
export const askIntervalMs = 10_000
/** How long answers are collected, milliseconds: the first time, while a batch waits for them, and later. */
const firstCollectMs = 300
const collectMs = 1_000

export interface FormatChoice {
  /** The format to write now; asks again in the background when that is due. */
  readonly current: Effect.Effect<Format>
  /**
   * Nobody serves the subject of that format: the oldest, until the next answers. Undefined when that has the
   * same subject.
   */
  readonly unserved: (format: Format) => Effect.Effect<Format | undefined>
  /** A responder reads only these formats: the newest shared one. Undefined when there is none, or it was used already. */
  readonly refused: (format: Format, readable: ReadonlyArray<number>) => Effect.Effect<Format | undefined>
}

type Subjects = Pick<Conversation<never>, "name" | "queue" | "subjects">

/** One choice for each sender and conversation. */
export const negotiateFormat = (bus: MessageBus["Service"], conversation: Subjects): FormatChoice => {
  const isOneVersion = bus.dependency.embedded
  let chosen: Format = isOneVersion ? newestFormat : oldestFormat
  let askedAt = Number.NEGATIVE_INFINITY
  const answered = Deferred.makeUnsafe<void>()

  const choose = (format: Format, why: string): Effect.Effect<void> =>
    Effect.suspend(() => {
      if (format === chosen) return Effect.void
      chosen = format
      const { name, subjects } = conversation
      return Effect.logInfo(
        `${name} requests are now written in format ${format}, on ${subjects[format]}: ${why}`
      )
    })

  const ask = Effect.suspend(() =>
    discover(bus, "info", Deferred.isDoneUnsafe(answered) ? collectMs : firstCollectMs)
  ).pipe(
    Effect.flatMap((found) => {
      const choice = formatFor(found, conversation)
      return choice === undefined ? Effect.void : choose(choice.format, choice.why)
    }),
    Effect.catch(({ message }) => Effect.logDebug(`formats of ${conversation.name}: ${message}`)),
    Effect.ensuring(Deferred.succeed(answered, undefined))
  )

  return {
    current: Effect.suspend(() => {
      if (isOneVersion) return Effect.succeed(chosen)
      return Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const isDue = now - askedAt >= askIntervalMs
        if (isDue) askedAt = now
        const asking = isDue ? Effect.forkDetach(ask) : Effect.void
        return Effect.map(Effect.andThen(asking, Deferred.await(answered)), () => chosen)
      })
    }),
    unserved: (format) =>
      conversation.subjects[format] === conversation.subjects[oldestFormat]
        ? Effect.succeed(undefined)
        : Effect.as(choose(oldestFormat, `no actor serves ${conversation.subjects[format]}`), oldestFormat),
    refused: (format, readable) => {
      const shared = newestShared([readable])
      return shared === undefined || shared === format
        ? Effect.succeed(undefined)
        : Effect.as(choose(shared, `an actor reads only the formats ${readable.join(", ")}`), shared)
    }
  }
}

/**
 * The newest format that every responder among the found services reads, on the subject of that format; undefined when
 * nobody serves the conversation. An endpoint that names no formats reads format 1, as in 0.4.0.
 */
export const formatFor = (
  found: ReadonlyArray<typeof Info.Type>,
  { queue, subjects }: Subjects
): { readonly format: Format; readonly why: string } | undefined => {
  const responders = found.flatMap(({ name, id, version, endpoints }) => {
    const served = formats.filter((format) =>
      endpoints.some(
        ({ subject, queue_group, metadata }) =>
          subject === subjects[format] &&
          queue_group === queue &&
          readFormats(metadata?.formats).includes(format)
      )
    )
    return served.length === 0 ? [] : [{ name, id, version, served }]
  })
  if (responders.length === 0) return undefined
  const format = newestShared(responders.map(({ served }) => served)) ?? oldestFormat
  const older = responders.find(({ served }) => !served.includes(newestFormat))
  return {
    format,
    why:
      older === undefined
        ? `all ${responders.length} actors that serve it read this format`
        : `${older.name} ${older.version} (${older.id}) reads only the formats ${older.served.join(", ")}`
  }
}
