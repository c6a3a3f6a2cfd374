/**
 * The NATS micro service protocol (ADR-32) over any message bus: a service replies on `$SRV.PING`, `$SRV.INFO` and
 * `$SRV.STATS` (of all, by name, by name and id), so that `nats micro ls` and the viewer list the running services.
 */
import { Clock, Effect, Schema, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { MessageBus } from "./service.ts"

/** One subject that a service serves, and its counts. Times are nanoseconds. */
export interface Endpoint {
  readonly name: string
  readonly subject: string
  readonly queue: string
  readonly requests: number
  readonly errors: number
  /** Empty before the first error. */
  readonly lastError: string
  readonly processingTime: number
  /** Facts about the endpoint, in the reply on `$SRV.INFO`: of a conversation, the formats that it reads. */
  readonly metadata?: Readonly<Record<string, string>>
  /** Further details, as JSON, in the reply on `$SRV.STATS`. */
  readonly data?: unknown
}

export interface MicroService {
  /** Letters, digits, `_` and `-`. Instances share the name; each has an id of its own. */
  readonly name: string
  readonly id: string
  /** Like 1.2.3. */
  readonly version: string
  readonly description: string
  readonly metadata: Readonly<Record<string, string>>
  /** The current endpoints. */
  readonly stats: Effect.Effect<ReadonlyArray<Endpoint>>
}

const texts = Schema.NullOr(Schema.Record(Schema.String, Schema.String)).pipe(Schema.optionalKey)

const typeField = <Type extends string>(type: Type) =>
  Schema.Literal(type).annotateKey({ description: "The kind of this reply." })

const identityFields = {
  name: Schema.String.annotateKey({ description: "The name of the actor; its instances share it." }),
  id: Schema.String.annotateKey({ description: "The id of this instance, new at each start." }),
  version: Schema.String.annotateKey({ description: "Its version, like 1.2.3." }),
  metadata: texts.annotateKey({
    description: "host, pid, what it receives and sends, and ops: the URL of its ops server, if it has one."
  })
}
const place = {
  name: Schema.String.annotateKey({ description: "The name of the endpoint." }),
  subject: Schema.String.annotateKey({ description: "The subject that it serves." }),
  queue_group: Schema.optionalKey(Schema.String).annotateKey({ description: "Its queue group." })
}

/** The three replies of the protocol. */
export const Ping = Schema.Struct({
  type: typeField("io.nats.micro.v1.ping_response"),
  ...identityFields
})
export const Info = Schema.Struct({
  type: typeField("io.nats.micro.v1.info_response"),
  ...identityFields,
  description: Schema.String.annotateKey({ description: "What it does, in a sentence." }),
  endpoints: Schema.Array(
    Schema.Struct({
      ...place,
      metadata: texts.annotateKey({
        description:
          "formats: those that it reads, like 1,2; schema and reply_schema: the addresses of the JSON Schemas of request and reply."
      })
    })
  ).annotateKey({ description: "One for each subject that it serves." })
})
export const Stats = Schema.Struct({
  type: typeField("io.nats.micro.v1.stats_response"),
  ...identityFields,
  started: Schema.String.annotateKey({ description: "When it started, ISO 8601." }),
  endpoints: Schema.Array(
    Schema.Struct({
      ...place,
      num_requests: Schema.Number.annotateKey({ description: "Requests since the start." }),
      num_errors: Schema.Number.annotateKey({ description: "Events that failed or were refused." }),
      last_error: Schema.String.annotateKey({ description: "The last error; empty before the first." }),
      processing_time: Schema.Number.annotateKey({ description: "Time spent on all requests, nanoseconds." }),
      average_processing_time: Schema.Number.annotateKey({
        description: "Time spent on one request on average, nanoseconds."
      }),
      data: Schema.optionalKey(Schema.Unknown).annotateKey({
        description: "Of the first endpoint: the actor's figures (actor-figures)."
      })
    })
  ).annotateKey({ description: "One for each subject that it serves." })
})

const answers = { ping: Ping, info: Info, stats: Stats }
export type Kind = keyof typeof answers
type Answer = (typeof answers)[Kind]["Type"]

/**
 * Replies for the service until the scope closes; its start time is now. Fails with `misconfigured` for an invalid name.
 *
 * @example
 * yield* register({ name: "enricher", id: "a1", version: "1.2.3", description: "", metadata: {}, stats: Effect.succeed([]) })
 */
export const register = Effect.fnUntraced(function* (
  service: MicroService
): Effect.fn.Return<void, Failure, MessageBus | Scope.Scope> {
  const { name, id, version, metadata, description } = service
  for (const part of [name, id]) {
    if (!/^[A-Za-z0-9_-]+$/.test(part)) {
      return yield* new Failure({
        reason: "misconfigured",
        message: `"${part}" is not a valid name or id of a micro service: use letters, digits, _ and -`
      })
    }
  }
  const bus = yield* MessageBus
  const started = new Date(yield* Clock.currentTimeMillis).toISOString()
  const identity = { name, id, version, metadata }

  const replies: Readonly<Record<Kind, Effect.Effect<Answer>>> = {
    ping: Effect.succeed({ type: "io.nats.micro.v1.ping_response", ...identity }),
    info: Effect.map(service.stats, (endpoints) => ({
      type: "io.nats.micro.v1.info_response",
      ...identity,
      description,
      endpoints: endpoints.map(infoOf)
    })),
    stats: Effect.map(service.stats, (endpoints) => ({
      type: "io.nats.micro.v1.stats_response",
      ...identity,
      started,
      endpoints: endpoints.map(statsOf)
    }))
  }

  const kinds: ReadonlyArray<Kind> = ["ping", "info", "stats"]
  yield* Effect.forEach(
    kinds.flatMap((kind) => ["", `.${name}`, `.${name}.${id}`].map((suffix) => ({ kind, suffix }))),
    ({ kind, suffix }) =>
      bus.serve(subjectOf(kind) + suffix, undefined, () =>
        Effect.map(replies[kind], (answer) => new TextEncoder().encode(JSON.stringify(answer)))
      ),
    { concurrency: "unbounded", discard: true }
  )
})

/**
 * The running services that reply within `window` milliseconds; an empty list when none does. Replies that do not follow
 * the protocol are ignored.
 */
export const discover = Effect.fnUntraced(function* <K extends Kind>(
  bus: MessageBus["Service"],
  kind: K,
  window = 300
): Effect.fn.Return<ReadonlyArray<(typeof answers)[K]["Type"]>, Failure> {
  const found = yield* bus.requestMany(subjectOf(kind), new Uint8Array(), window).pipe(
    Effect.catchIf(
      (failure) => failure.reason === "no-responders",
      () => Effect.succeed([])
    )
  )
  const read = Schema.decodeUnknownOption(Schema.fromJsonString(answers[kind]))
  return found.flatMap((one) => {
    const answer = read(new TextDecoder().decode(one))
    return answer._tag === "Some" ? [answer.value] : []
  })
})

const subjectOf = (kind: Kind): string => `$SRV.${kind.toUpperCase()}`

const placeOf = ({ name, subject, queue }: Endpoint) => ({ name, subject, queue_group: queue })

const infoOf = (endpoint: Endpoint) => ({
  ...placeOf(endpoint),
  ...(endpoint.metadata === undefined ? {} : { metadata: endpoint.metadata })
})

const statsOf = (endpoint: Endpoint) => ({
  ...placeOf(endpoint),
  num_requests: endpoint.requests,
  num_errors: endpoint.errors,
  last_error: endpoint.lastError,
  processing_time: Math.round(endpoint.processingTime),
  average_processing_time: Math.round(endpoint.processingTime / Math.max(1, endpoint.requests)),
  ...(endpoint.data === undefined ? {} : { data: endpoint.data })
})
