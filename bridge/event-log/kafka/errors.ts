/** What an error of the Kafka client means: whether something may have been stored, and what a person should read. */
import { Failure } from "../../../contracts/failure.ts"
import type { Topic } from "../../../contracts/ids.ts"
import { errorOfName, type ProduceError, ProduceRefused } from "./produce-errors.ts"

/** The error at the bottom: the client wraps one in the other. */
const root = (
  error: unknown
): { readonly name: string; readonly type: string; readonly code: string; readonly message: string } => {
  let at = error
  for (let depth = 0; depth < 8 && at instanceof Error; depth++) {
    const inner: unknown = "errors" in at && Array.isArray(at.errors) ? at.errors[0] : at.cause
    if (!(inner instanceof Error)) break
    at = inner
  }
  const told = (field: string): string =>
    typeof at === "object" && at !== null && field in at ? String(at[field as keyof typeof at]) : ""
  return {
    name: told("name"),
    type: told("type"),
    code: told("code"),
    message: told("message") || String(at)
  }
}

/** A connection that never came about. */
const noConnection = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"])

/** Errors of the client that it finds before it sends anything. */
const beforeSending = new Set([
  "KafkaJSSASLAuthenticationError",
  "KafkaJSMetadataNotLoaded",
  "KafkaJSTopicMetadataNotLoaded",
  "KafkaJSBrokerNotFound",
  "KafkaJSLockTimeout"
])

/** Is it certain that a send that ended so has stored nothing? It must have been a send to one partition. */
export const storedNothing = (error: unknown): boolean => {
  const { name, type, code, message } = root(error)
  if (name === "KafkaJSProtocolError" || type !== "") return errorOfName(type)?.mayBeStored === false
  if (name !== "KafkaJSConnectionError") return beforeSending.has(name)
  return noConnection.has(code) || message === "Connection timeout" || message === "Not connected"
}

/** What a broker answered, by the protocol's name of it; empty when it is not an answer of a broker. */
export const answerOf = (error: unknown): string => root(error).type

/** Was there no answer in time? */
export const unanswered = (error: unknown): boolean => root(error).name === "KafkaJSRequestTimeoutError"

/** What a broker has answered, by the table of its answers; undefined when it is not an answer in there. */
export const producedError = (error: unknown): ProduceError | undefined =>
  error instanceof ProduceRefused ? error.error : errorOfName(answerOf(error))

/** Did the group change, so that this member must join it again before it goes on? */
export const groupChanged = (error: unknown): boolean =>
  ["REBALANCE_IN_PROGRESS", "ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID", "NOT_COORDINATOR_FOR_GROUP"].includes(
    root(error).type
  )

const hopeless = new Set([
  "INVALID_TOPIC_EXCEPTION",
  "INVALID_GROUP_ID",
  "INCONSISTENT_GROUP_PROTOCOL",
  "UNSUPPORTED_VERSION"
])

/** Can reading never succeed, however often it is tried? */
export const neverHeals = (error: unknown): boolean => {
  const { name, type } = root(error)
  return hopeless.has(type) || name === "KafkaJSNotImplemented"
}

/** One sentence for a person: what was tried, and what the client or the broker said; `more`, where it said more than the error. */
export const sentence = (tried: string, error: unknown, more = ""): string => {
  const { type, message } = root(error)
  return `${tried}: ${more || message}${type === "" ? "" : ` (${type})`}`
}

/** What is wrong with a topic that takes nothing, and what somebody can do. */
export const topicSentence = (topic: Topic, error: unknown): string => {
  const said = sentence(`Nothing is stored in the topic ${topic} until somebody acts`, error)
  return `${said}. ${producedError(error)?.act ?? ""}`.trim()
}

/** Did a broker answer that it does not accept the login? */
export const isLoginRefused = (error: unknown): boolean => {
  const { name, type } = root(error)
  return name === "KafkaJSSASLAuthenticationError" || type === "SASL_AUTHENTICATION_FAILED"
}

/** Why no connection came about: a clause for a person. */
export const connectionReason = (error: unknown): string => {
  const { message } = root(error)
  return isLoginRefused(error)
    ? `it refuses the login: ${message}; check KAFKA_SASL_MECHANISM, KAFKA_USERNAME and KAFKA_PASSWORD`
    : message
}

/** Kafka could not do it now; nothing was done. */
export const unavailable = (tried: string, error: unknown): Failure =>
  new Failure({ reason: "unavailable", message: sentence(tried, error) })
