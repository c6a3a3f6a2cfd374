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

const metadataField = Schema.NullOr(Schema.Record(Schema.String, Schema.String)).pipe(Schema.optionalKey)
const identityFields = {
  name: Schema.String,
  id: Schema.String,
  version: Schema.String,
  metadata: metadataField
}
const place = { name: Schema.String, subject: Schema.String, queue_group: Schema.optionalKey(Schema.String) }

/** The three replies of the protocol. */
export const Ping = Schema.Struct({
  type: Schema.Literal("io.nats.micro.v1.ping_response"),
  ...identityFields
})
export const Info = Schema.Struct({
  type: Schema.Literal("io.nats.micro.v1.info_response"),
  ...identityFields,
  description: Schema.String,
  endpoints: Schema.Array(Schema.Struct({ ...place, metadata: metadataField }))
})
export const Stats = Schema.Struct({
  type: Schema.Literal("io.nats.micro.v1.stats_response"),
  ...identityFields,
  /** ISO 8601. */
  started: Schema.String,
  endpoints: Schema.Array(
    Schema.Struct({
      ...place,
      num_requests: Schema.Number,
      num_errors: Schema.Number,
      last_error: Schema.String,
      processing_time: Schema.Number,
      average_processing_time: Schema.Number,
      data: Schema.optionalKey(Schema.Unknown)
    })
  )
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
