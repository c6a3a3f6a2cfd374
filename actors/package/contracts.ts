/**
 * `spoor/contracts`: what crosses a boundary of Spoor, for actors and tools of your own: messages and conversations, lines
 * and records, ids, failures, and how settings are declared. Pure.
 */
export {
  accountsFor,
  EnrichedBatch,
  mergeReceipts,
  Placement,
  RawBatch,
  Receipt,
  Rejection,
  RejectionReason
} from "../../contracts/batch.ts"
export { BatchProgress, batchProgressSubject } from "../../contracts/batch-progress.ts"
export { byteStringOf } from "../../contracts/byte-string.ts"
export { ConsumerProgress, consumerProgressSubject } from "../../contracts/consumer-progress.ts"
export { DeadLetter } from "../../contracts/dead-letter.ts"
export {
  ByteString,
  bytesOf,
  Dialect,
  EnrichedEvent,
  RawEvent,
  Stage,
  textOf
} from "../../contracts/event.ts"
export { Copies, CopyStage, copySubject, EventCopy } from "../../contracts/event-copy.ts"
export { Failure, FailureReason, failureReasons } from "../../contracts/failure.ts"
export {
  BatchDigest,
  BatchId,
  EventId,
  emptyDigest,
  eventId,
  newBatchId,
  splitEventId,
  Topic
} from "../../contracts/ids.ts"
export {
  allMessages,
  type MessageDescription,
  type MessageFormat,
  schemaPath
} from "../../contracts/messages/all-messages.ts"
export { type Format, formats } from "../../contracts/messages/format.ts"
export { decode, encode, maxMessageBytes } from "../../contracts/messages/msgpack.ts"
export { PushedLines, PushedReply } from "../../contracts/messages/pushed-lines.ts"
export { Reply1, Reply2, readReply, writeReply } from "../../contracts/messages/reply.ts"
export {
  StepReply,
  StepRequest,
  StepResult,
  stepQueue,
  stepSubject
} from "../../contracts/messages/step.ts"
export { type Conversation, Enrich, Store } from "../../contracts/requests.ts"
export { optional, readAll, type Setting, secret, setting } from "../../contracts/setting.ts"
export { choice, count, duration, flag, port, type Reader, size } from "../../contracts/setting-readers.ts"
export { TapEvent } from "../../contracts/tap-event.ts"
export {
  EventTrace,
  readTraceparent,
  type TraceContext,
  writeTraceparent
} from "../../contracts/trace-context.ts"
export { type LineSettings, type ParsedLine, parseLine } from "../../contracts/wire/line.ts"
export { type Param, paramValue, paramValues, parseParams } from "../../contracts/wire/params.ts"
export { type ParsedRecord, parseRecord } from "../../contracts/wire/record.ts"
