/** Golden vectors of the replies: receipts of batches, results of steps, confirmations of pushes, and failures of all three. */
import { RejectionReason } from "../../../contracts/batch.ts"
import { failureReasons } from "../../../contracts/failure.ts"
import { compact } from "../compact-msgpack.ts"
import { batchId, digest, emptyDigest, time, type Vector, widest } from "./vector.ts"

const placement = { topic: "clicks", partition: 0, offset: "0", count: 2, at: time + 600 }

const rejection = { topic: "clicks", stage: "enricher", reason: "not enriched" }

const receipts: ReadonlyArray<{ readonly case: string; readonly about: string; readonly receipt: object }> = [
  {
    case: "probe",
    about: "The reply to a probe: the log is reachable.",
    receipt: { id: batchId, digest: emptyDigest, stored: 0, placements: [], rejected: [] }
  },
  {
    case: "stored",
    about: "All three events stored in two topics; one offset has more than 53 bits, so offsets are text.",
    receipt: {
      id: batchId,
      digest,
      stored: 3,
      placements: [
        placement,
        { topic: "searches", partition: 11, offset: "9223372036854775807", count: 1, at: widest }
      ],
      rejected: []
    }
  },
  {
    case: "some-rejected",
    about: "Two events stored and two rejected, with and without a detail.",
    receipt: {
      id: batchId,
      digest,
      stored: 2,
      placements: [placement],
      rejected: [
        { index: 3, ...rejection, detail: "the score of “größer” is missing" },
        { index: 70_000, ...rejection, stage: "bridge", reason: "refused by the log" }
      ]
    }
  },
  {
    case: "all-rejected",
    about: "No event stored; each reason of a rejection once.",
    receipt: {
      id: batchId,
      digest,
      stored: 0,
      placements: [],
      rejected: RejectionReason.literals.map((reason, index) => ({ index, ...rejection, reason }))
    }
  }
]

const failures = (message: string, format: number): ReadonlyArray<Vector> => {
  const v = format === 1 ? {} : { v: format }
  const all = failureReasons.map(
    (reason): Vector => ({
      message,
      format,
      case: `failure-${reason}`,
      about: `A failure with the reason ${reason}.`,
      value: { ...v, failure: { reason, message: `a sentence about ${reason}, for a person: “größer”` } }
    })
  )
  if (format === 1) return all
  const failure = { reason: "unreadable", message: "the message has format 3; this instance reads 1 and 2" }
  return [
    ...all,
    {
      message,
      format,
      case: "failure-newer-format",
      about: "The answer to a message in a newer format: it names the formats that the responder reads.",
      value: { ...v, failure, formats: [1, 2] }
    }
  ]
}

const replies = (format: number): ReadonlyArray<Vector> => {
  const v = format === 1 ? {} : { v: format }
  const vectors = receipts.map(
    ({ receipt, ...one }): Vector => ({ message: "reply", format, ...one, value: { ...v, receipt } })
  )
  const [, , mixed] = vectors
  const again = mixed === undefined ? [] : [otherWriter(mixed)]
  return [...vectors, ...again, ...failures("reply", format)]
}

/** The vector as another library writes it. */
const otherWriter = (vector: Vector): Vector => ({
  ...vector,
  case: "compact",
  about: `The case \`${vector.case}\`, written by another MessagePack library, in the smallest forms.`,
  bytes: compact(vector.value)
})

const steps: ReadonlyArray<Vector> = [
  { case: "nothing", about: "No event gets a parameter.", added: [], failed: [] },
  {
    case: "added",
    about: "Parameters for two events; names and values are text and not encoded.",
    added: [
      { index: 2, params: { score: "0.97", score_label: "größer & = %" } },
      { index: 9, params: { score: "" } }
    ],
    failed: []
  },
  {
    case: "failed",
    about: "Parameters for one event; another cannot be processed.",
    added: [{ index: 70_000, params: { score: "0.1" } }],
    failed: [{ index: 3, message: "no model for this event" }]
  }
].map(({ case: name, about, added, failed }) => ({
  message: "step-reply",
  format: 2,
  case: name,
  about,
  value: { v: 2, step: { id: batchId, digest, added, failed } }
}))

const id = "01KD2Z5Y7B9QTSAV3J8XG4M6NE"

const pushed: ReadonlyArray<Vector> = [0, 3].map((count) => ({
  message: "pushed-reply",
  format: 2,
  case: count === 0 ? "no-lines" : "stored",
  about: `The queue holds the ${count} lines of the request.`,
  value: { v: 2, pushed: { id, count } }
}))

export const replyVectors: ReadonlyArray<Vector> = [
  ...replies(1),
  ...replies(2),
  ...steps,
  ...failures("step-reply", 2),
  ...pushed,
  ...failures("pushed-reply", 2)
]
