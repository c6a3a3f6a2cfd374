/** Dead letters and dry runs, as plain text for people and as JSON. Pure. */
import { byteStringOf } from "../../../contracts/byte-string.ts"
import type { DryRun } from "../../inspect/dead-letters/dry-run.ts"
import type { FoundDeadLetter } from "../../inspect/dead-letters/search.ts"
import { readable } from "../../inspect/escape-bytes.ts"
import { bytesJson, moment, number, plain, shortened, table } from "../../inspect/plain-text.ts"
import { type DeliveryView, deliveryView } from "../../viewer/dead-letters/view.ts"

/** A table with one row for each dead letter. */
export const deadLettersTable = (letters: ReadonlyArray<FoundDeadLetter>): string =>
  table(
    ["dead-lettered", "id", "reason", "by", "topic", "line"],
    letters.map(({ address, letter, line }) => [
      letter === undefined ? "" : moment(letter.last),
      plain(address),
      letter?.reason ?? "(unknown)",
      letter?.stage ?? "",
      letter?.topic ?? "",
      shortened(letter?.stage === "deliverer" ? plain(letter.detail ?? "") : readable(line), 100)
    ])
  )

/** One dead letter with all its fields. */
export const deadLetterText = (found: FoundDeadLetter): string => {
  const { address, queue, letter, line } = found
  const delivery = deliveryView(found)
  const fields: ReadonlyArray<readonly [string, string]> =
    letter === undefined
      ? [["reason", "unknown: another program added it"]]
      : [
          ["reason", letter.reason],
          ...(letter.detail === undefined ? [] : [["", letter.detail] as const]),
          ...(delivery === undefined ? [] : deliveryFields(delivery)),
          ["rejected by", letter.stage],
          ["topic", letter.topic],
          ["attempts", number(letter.attempts)],
          ["claimed", moment(letter.first)],
          ["dead-lettered", moment(letter.last)]
        ]
  return [["id", address] as const, ["queue", queue] as const, ...fields]
    .map(([name, value]) => `${name.padEnd(13)}  ${plain(value)}`)
    .concat(`${"line".padEnd(13)}  ${readable(line)}`)
    .join("\n")
}

const deliveryFields = ({
  target,
  type,
  event,
  step
}: DeliveryView): ReadonlyArray<readonly [string, string]> => [
  ["target", target],
  ["event", `${type} ${event}`],
  ["step", step]
]

/** For programs: the fields of the envelope, the line as readable text and as exact bytes in base64. */
export const deadLetterJson = ({ address, queue, letter, line }: FoundDeadLetter): object => {
  const { reason, detail, stage, topic, attempts, first, last } = letter ?? {}
  const fields = { reason, detail, stage, topic, attempts, first, last }
  return { id: address, queue, ours: letter !== undefined, ...fields, ...bytesJson("line", line) }
}

/** The outcome of a dry run. */
export const dryRunText = (outcome: DryRun): string => {
  if (outcome.kind === "dead") {
    const { reason, stage, detail } = outcome.rejection
    return `would be dead-lettered again by the ${stage}: ${reason}${detail === undefined ? "" : ` (${plain(detail)})`}`
  }
  const { topic, key, value, isTopicUnknown } = outcome
  const renamed = isTopicUnknown ? " (the line names a topic that is not allowed)" : ""
  const named = key === undefined ? "" : `, key ${plain(key)}`
  return `would be stored in ${topic}${renamed}${named}: ${readable(byteStringOf(value))}`
}

export const dryRunJson = (outcome: DryRun): object => {
  if (outcome.kind === "dead") {
    const { reason, detail, stage, topic } = outcome.rejection
    return { outcome: "set aside", reason, detail, stage, topic }
  }
  const { topic, key, value } = outcome
  return { outcome: "stored", topic, key, ...bytesJson("record", byteStringOf(value)) }
}
