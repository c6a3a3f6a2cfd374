/** Errors of requests to Kafka: whether something may have been stored, and what a person should read. */
import { Failure } from "../../../contracts/failure.ts"
import type { Topic } from "../../../contracts/ids.ts"
import { tlsAdvice } from "../../tls-files.ts"
import { errorOfName, type ProduceError, ProduceRefused } from "./produce-errors.ts"

/** A broker answered with an error of the protocol. */
export class BrokerError extends Error {
  override readonly name = "BrokerError"
  /** The protocol's name of the error. */
  readonly type: string
  /** The member id that the broker assigned, where it answered that a member needs one before it joins. */
  readonly memberId: string | undefined

  constructor(type: string, message: string, memberId?: string) {
    super(message)
    this.type = type
    this.memberId = memberId
  }
}

/** No connection to the broker came about, so nothing was sent. */
export class NotConnected extends Error {
  override readonly name = "NotConnected"
  /**
   * `login refused`: by the broker. `no response`: the broker took the connection and then did not answer. `closed with
   * TLS`: it took the connection, with TLS and without a login, and closed it before its first answer.
   */
  readonly why: "login refused" | "no response" | "closed with TLS" | "other"

  constructor(message: string, why: NotConnected["why"] = "other") {
    super(message)
    this.why = why
  }
}

/** A request was sent and no response came: the broker may have carried it out. */
export class NoResponse extends Error {
  override readonly name = "NoResponse"
  readonly isTimeout: boolean

  constructor(message: string, isTimeout: boolean) {
    super(message)
    this.isTimeout = isTimeout
  }
}

/** The name of the error that a broker answered with; empty for an error of another origin. */
export const answerOf = (error: unknown): string =>
  error instanceof BrokerError || error instanceof ProduceRefused ? error.type : ""

/** Is it certain that a produce request that failed with this error stored nothing? It went to one partition. */
export const storedNothing = (error: unknown): boolean =>
  error instanceof NotConnected || producedError(error)?.mayBeStored === false

/** Was there no response in time? */
export const unanswered = (error: unknown): boolean =>
  error instanceof NoResponse ? error.isTimeout : error instanceof NotConnected && error.why === "no response"

/** Did the connection fail, before or after the request was sent? */
export const connectionFailed = (error: unknown): boolean =>
  error instanceof NotConnected || error instanceof NoResponse

/** The row of an answer in the table of produce-errors.ts; undefined for an error that is not in it. */
export const producedError = (error: unknown): ProduceError | undefined =>
  error instanceof ProduceRefused ? error.error : errorOfName(answerOf(error))

const groupChanges = new Set(["REBALANCE_IN_PROGRESS", "ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID"])

/** Did the group change, so that this member must join it again before it goes on? */
export const groupChanged = (error: unknown): boolean => groupChanges.has(answerOf(error))

const coordinatorChanges = new Set([
  "NOT_COORDINATOR",
  "COORDINATOR_NOT_AVAILABLE",
  "COORDINATOR_LOAD_IN_PROGRESS"
])

/** Must the group's coordinator be looked up again, because it moved, is starting, or cannot be reached? */
export const coordinatorChanged = (error: unknown): boolean =>
  connectionFailed(error) || coordinatorChanges.has(answerOf(error))

const hopeless = new Set([
  "INVALID_TOPIC_EXCEPTION",
  "INVALID_GROUP_ID",
  "INCONSISTENT_GROUP_PROTOCOL",
  "UNSUPPORTED_VERSION"
])

/** Does the broker not allow it to our user? */
export const isNotAllowed = (error: unknown): boolean => answerOf(error).endsWith("_AUTHORIZATION_FAILED")

/** Can reading never succeed, however often it is tried? */
export const neverHeals = (error: unknown): boolean => hopeless.has(answerOf(error))

const messageOf = (error: unknown): string => (error instanceof Error && error.message) || String(error)

/** One sentence: the attempt, and the message of the client or broker; `more` replaces a less precise message of the error. */
export const sentence = (tried: string, error: unknown, more = ""): string => {
  const type = answerOf(error)
  return `${tried}: ${more || messageOf(error)}${type === "" ? "" : ` (${type})`}`
}

/** What is wrong with a topic that takes nothing, and what somebody can do. */
export const topicSentence = (topic: Topic, error: unknown): string => {
  const said = sentence(`Nothing is stored in the topic ${topic} until somebody acts`, error)
  return `${said}. ${producedError(error)?.act ?? ""}`.trim()
}

/** Did a broker answer that it does not accept the login? */
export const isLoginRefused = (error: unknown): boolean =>
  error instanceof NotConnected && error.why === "login refused"

/** Why no connection came about: a clause for a person, with what to do where that is known. */
export const connectionReason = (error: unknown): string => {
  const advice = connectionAdvice(error)
  return advice === undefined ? messageOf(error) : advice
}

/** The same, where it is known what to do. */
export const connectionAdvice = (error: unknown): string | undefined => {
  const reason = messageOf(error)
  if (isLoginRefused(error))
    return `it refuses the login: ${reason}; check KAFKA_SASL_MECHANISM, KAFKA_USERNAME and KAFKA_PASSWORD`
  // A broker that wants a client certificate closes the connection without a word.
  const advice =
    error instanceof NotConnected && error.why === "closed with TLS"
      ? "it may refuse the client certificate; check KAFKA_CERT and KAFKA_KEY"
      : tlsAdvice(reason, "KAFKA")
  return advice === undefined ? undefined : `${reason}; ${advice}`
}

/** Kafka could not do it now; nothing was done. */
export const unavailable = (tried: string, error: unknown): Failure =>
  new Failure({ reason: "unavailable", message: sentence(tried, error) })
