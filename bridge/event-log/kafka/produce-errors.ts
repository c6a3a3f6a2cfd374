/**
 * Kafka's answers to a produce request, each with what it means for the batch. Numbers and names are the protocol's own
 * ("Error codes" of its guide, up to Kafka 4.3); two of them also have older names, which the client library uses.
 * An answer that is not in the table is treated as an outage after which the records may be stored.
 */

/** How a batch with an error of each kind is handled, one sentence each. */
export const kinds = {
  outage:
    "The cluster is unavailable, and the batch is not the cause: it is sent again unchanged until it is stored.",
  size: "The batch has too many bytes: it is sent in halves, and a single record that is too large is dead-lettered.",
  record:
    "This record is refused for good: it becomes a dead letter with the reason, and the rest is stored.",
  topic:
    "The topic, its configuration or our rights: records wait until an operator acts, and the topic is reported."
} as const

export type Kind = keyof typeof kinds

export interface ProduceError {
  readonly code: number
  readonly name: string
  readonly kind: Kind
  /** The meaning, for brokers that send no message of their own. */
  readonly means: string
  /** May the records be stored nevertheless? */
  readonly mayBeStored: boolean
  /** For a topic: what an operator can do. */
  readonly act?: string
  /**
   * Consecutive answers with this error for the same records before it is final; until then it counts as an outage,
   * because bytes can be damaged in transit and a new topic is not known to all brokers at once. Default 1.
   */
  readonly believedAfter?: number
}

/** A row: the records are not stored. */
const row = (
  code: number,
  name: string,
  kind: Kind,
  means: string,
  more: Partial<ProduceError> = {}
): ProduceError => ({ code, name, kind, means, mayBeStored: false, ...more })

const outage = (code: number, name: string, means: string): ProduceError => row(code, name, "outage", means)

const unclear = (code: number, name: string, means: string): ProduceError =>
  row(code, name, "outage", means, { mayBeStored: true })

const topic = (code: number, name: string, means: string, act: string, believedAfter = 1): ProduceError =>
  row(code, name, "topic", means, { act, believedAfter })

const logIn = "Check KAFKA_SASL_MECHANISM, KAFKA_USERNAME and KAFKA_PASSWORD."
const upgrade = "Use a Kafka of version 0.11 or later."

export const produceErrors: ReadonlyArray<ProduceError> = [
  // The cluster, or the way to it.
  unclear(-1, "UNKNOWN_SERVER_ERROR", "the broker failed in a way that it did not foresee"),
  outage(5, "LEADER_NOT_AVAILABLE", "the partition has no leader now"),
  outage(6, "NOT_LEADER_OR_FOLLOWER", "the broker does not lead the partition any more"),
  unclear(7, "REQUEST_TIMED_OUT", "the replicas did not answer in time"),
  outage(8, "BROKER_NOT_AVAILABLE", "the broker is not available"),
  outage(9, "REPLICA_NOT_AVAILABLE", "the replica is not available"),
  unclear(13, "NETWORK_EXCEPTION", "the broker lost a connection"),
  outage(19, "NOT_ENOUGH_REPLICAS", "fewer replicas are in step than min.insync.replicas asks for"),
  unclear(20, "NOT_ENOUGH_REPLICAS_AFTER_APPEND", "fewer replicas have it than min.insync.replicas asks for"),
  outage(41, "NOT_CONTROLLER", "the broker is not the controller"),
  unclear(56, "KAFKA_STORAGE_ERROR", "the broker cannot write to its disk"),
  outage(60, "REASSIGNMENT_IN_PROGRESS", "the partition is being moved"),
  outage(72, "LISTENER_NOT_FOUND", "the partition's leader has no listener for us"),
  outage(74, "FENCED_LEADER_EPOCH", "the partition has a newer leader"),
  outage(75, "UNKNOWN_LEADER_EPOCH", "the broker does not know the partition's leader yet"),
  outage(77, "STALE_BROKER_EPOCH", "the broker has started anew"),
  unclear(89, "THROTTLING_QUOTA_EXCEEDED", "a quota is used up"),
  outage(100, "UNKNOWN_TOPIC_ID", "the broker does not know the topic's id yet"),
  outage(103, "INCONSISTENT_TOPIC_ID", "the topic was deleted and made again"),
  outage(129, "REBOOTSTRAP_REQUIRED", "what is known of the cluster is out of date"),
  // Answers to idempotent or transactional producers, which Spoor's is not: should one come, nothing is concluded.
  unclear(45, "OUT_OF_ORDER_SEQUENCE_NUMBER", "a sequence number is out of order"),
  unclear(46, "DUPLICATE_SEQUENCE_NUMBER", "a sequence number was there before"),
  outage(47, "INVALID_PRODUCER_EPOCH", "the producer is fenced"),
  outage(48, "INVALID_TXN_STATE", "the transaction does not allow it"),
  outage(49, "INVALID_PRODUCER_ID_MAPPING", "the producer has no such transaction"),
  outage(51, "CONCURRENT_TRANSACTIONS", "another transaction is being ended"),
  outage(59, "UNKNOWN_PRODUCER_ID", "the producer is not known"),
  outage(90, "PRODUCER_FENCED", "the producer is fenced"),
  outage(120, "TRANSACTION_ABORTABLE", "the transaction must be aborted"),
  // Size.
  row(10, "MESSAGE_TOO_LARGE", "size", "larger than the topic's max.message.bytes"),
  row(18, "RECORD_LIST_TOO_LARGE", "size", "larger than the topic's segment.bytes"),
  // The record. Before 2.4 a broker has one answer for damaged bytes and for a record that it does not take.
  row(2, "CORRUPT_MESSAGE", "record", "the record is damaged or has no key", { believedAfter: 3 }),
  row(87, "INVALID_RECORD", "record", "the record has failed the broker's validation"),
  // The topic, its configuration, our rights and settings. The time of all records is the bridge's own.
  topic(
    3,
    "UNKNOWN_TOPIC_OR_PARTITION",
    "there is no such topic",
    "Make the topic, or allow Spoor to describe it.",
    4
  ),
  topic(17, "INVALID_TOPIC_EXCEPTION", "no topic can have this name", "Change KAFKA_TOPIC or KAFKA_TOPICS."),
  topic(21, "INVALID_REQUIRED_ACKS", "acks=all is not allowed", "Allow acks=all."),
  topic(
    29,
    "TOPIC_AUTHORIZATION_FAILED",
    "Spoor may not write to it",
    "Allow WRITE and DESCRIBE on the topic."
  ),
  topic(
    31,
    "CLUSTER_AUTHORIZATION_FAILED",
    "the cluster does not allow it",
    "Give Spoor's user the right to write."
  ),
  topic(
    32,
    "INVALID_TIMESTAMP",
    "the bridge's time is outside of the topic's bounds",
    "Set the clocks of bridge and broker, or widen message.timestamp.before.max.ms and message.timestamp.after.max.ms."
  ),
  topic(33, "UNSUPPORTED_SASL_MECHANISM", "the broker does not know this way to log in", logIn),
  topic(34, "ILLEGAL_SASL_STATE", "the login is not complete", logIn),
  topic(35, "UNSUPPORTED_VERSION", "the broker does not know this version of the request", upgrade),
  topic(40, "INVALID_CONFIG", "the topic's configuration is invalid", "Mend the topic's configuration."),
  topic(42, "INVALID_REQUEST", "the broker cannot read the request", upgrade),
  topic(
    43,
    "UNSUPPORTED_FOR_MESSAGE_FORMAT",
    "the topic keeps an older format of records, without headers",
    "Set the topic's message.format.version to 0.11 or later."
  ),
  topic(44, "POLICY_VIOLATION", "a policy of the cluster forbids it", "Change the policy or the topic."),
  topic(
    53,
    "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
    "the cluster does not allow it",
    "Give Spoor's user the right."
  ),
  topic(
    54,
    "SECURITY_DISABLED",
    "the cluster has no security features",
    "Check KAFKA_SSL and KAFKA_SASL_MECHANISM."
  ),
  topic(58, "SASL_AUTHENTICATION_FAILED", "the login is refused", logIn),
  topic(
    76,
    "UNSUPPORTED_COMPRESSION_TYPE",
    "the broker does not take this compression",
    "Set KAFKA_COMPRESSION to gzip or none."
  )
]

const olderNames: Readonly<Record<string, string>> = {
  UNKNOWN: "UNKNOWN_SERVER_ERROR",
  NOT_LEADER_FOR_PARTITION: "NOT_LEADER_OR_FOLLOWER"
}

const byCode = new Map(produceErrors.map((error) => [error.code, error]))
const byName = new Map(produceErrors.map((error) => [error.name, error]))

/** The row of an answer's number. */
export const errorOfCode = (code: number): ProduceError =>
  byCode.get(code) ?? unclear(code, `ERROR_${code}`, "the broker gave an answer that is not known here")

/** The row of an answer's name, also of an older one; undefined for a name that is not in the table. */
export const errorOfName = (name: string): ProduceError | undefined => byName.get(olderNames[name] ?? name)

/** A record that the broker itself has named in its answer, by its place in the batch. */
export interface NamedRecord {
  readonly place: number
  readonly message: string
}

/** A broker has answered that it did not store a batch. */
export class ProduceRefused extends Error {
  override readonly name = "ProduceRefused"
  readonly type: string
  readonly error: ProduceError
  /** Those because of which the whole batch was refused, where the broker says so (Kafka 2.4 and later). */
  readonly records: ReadonlyArray<NamedRecord>

  constructor(code: number, message: string | null, records: ReadonlyArray<NamedRecord>) {
    const error = errorOfCode(code)
    super(message || error.means)
    this.type = error.name
    this.error = error
    this.records = records
  }
}
