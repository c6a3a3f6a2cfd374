/**
 * The NATS micro service protocol (ADR-32) over any message bus: a service answers `$SRV.PING`, `$SRV.INFO` and
 * `$SRV.STATS` (for all, by name, by name and id), so that `nats micro ls` and the viewer see what runs.
 */
import { Clock, Effect, Schema, type Scope } from "effect"
import { Failure } from "../../contracts/failure.ts"
import { MessageBus } from "./service.ts"

/** One subject that a service answers, and how it fared. Times are nanoseconds. */
export interface Endpoint {
  readonly name: string
  readonly subject: string
  readonly queue: string
  readonly requests: number
  readonly errors: number
  /** Empty when there was none. */
  readonly lastError: string
  readonly processingTime: number
  /** Anything else worth knowing, as JSON. */
  readonly data?: unknown
}

export interface MicroService {
  /** Letters, digits, `_` and `-`. Copies share the name; each has an id of its own. */
  readonly name: string
  readonly id: string
  /** As 1.2.3. */
  readonly version: string
  readonly description: string
  readonly metadata: Readonly<Record<string, string>>
  /** The endpoints at this moment. */
  readonly stats: Effect.Effect<ReadonlyArray<Endpoint>>
}

const identity = {
  name: Schema.String,
  id: Schema.String,
  version: Schema.String,
  metadata: Schema.NullOr(Schema.Record(Schema.String, Schema.String)).pipe(Schema.optionalKey)
}
const place = { name: Schema.String, subject: Schema.String, queue_group: Schema.optionalKey(Schema.String) }

/** The three answers, as any NATS client gives them. */
export const Ping = Schema.Struct({ type: Schema.Literal("io.nats.micro.v1.ping_response"), ...identity })
export const Info = Schema.Struct({
  type: Schema.Literal("io.nats.micro.v1.info_response"),
  ...identity,
  description: Schema.String,
  endpoints: Schema.Array(Schema.Struct(place))
})
export const Stats = Schema.Struct({
  type: Schema.Literal("io.nats.micro.v1.stats_response"),
  ...identity,
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

/** Answers for the service until the scope closes; it counts as started now. Fails with `misconfigured` for a bad name. */
export const register = Effect.fnUntraced(function* (
  service: MicroService
): Effect.fn.Return<void, Failure, MessageBus | Scope.Scope> {
  const { name, id, version, metadata, description } = service
  for (const part of [name, id]) {
    if (!/^[A-Za-z0-9_-]+$/.test(part)) {
      return yield* new Failure({ reason: "misconfigured", message: `"${part}" cannot name a micro service` })
    }
  }
  const bus = yield* MessageBus
  const started = new Date(yield* Clock.currentTimeMillis).toISOString()
  const same = { name, id, version, metadata }

  const say: Readonly<Record<Kind, Effect.Effect<Answer>>> = {
    ping: Effect.succeed({ type: "io.nats.micro.v1.ping_response", ...same }),
    info: Effect.map(service.stats, (endpoints) => ({
      type: "io.nats.micro.v1.info_response",
      ...same,
      description,
      endpoints: endpoints.map(placeOf)
    })),
    stats: Effect.map(service.stats, (endpoints) => ({
      type: "io.nats.micro.v1.stats_response",
      ...same,
      started,
      endpoints: endpoints.map(statsOf)
    }))
  }

  const kinds: ReadonlyArray<Kind> = ["ping", "info", "stats"]
  yield* Effect.forEach(
    kinds.flatMap((kind) => ["", `.${name}`, `.${name}.${id}`].map((whom) => ({ kind, whom }))),
    ({ kind, whom }) =>
      bus.serve(subjectOf(kind) + whom, undefined, () =>
        Effect.map(say[kind], (answer) => new TextEncoder().encode(JSON.stringify(answer)))
      ),
    { concurrency: "unbounded", discard: true }
  )
})

/**
 * The services that run, as they answer within `window` milliseconds. Answers that do not follow the protocol are
 * left out; nobody there is an empty list.
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

const statsOf = (endpoint: Endpoint) => ({
  ...placeOf(endpoint),
  num_requests: endpoint.requests,
  num_errors: endpoint.errors,
  last_error: endpoint.lastError,
  processing_time: Math.round(endpoint.processingTime),
  average_processing_time: Math.round(endpoint.processingTime / Math.max(1, endpoint.requests)),
  ...(endpoint.data === undefined ? {} : { data: endpoint.data })
})
