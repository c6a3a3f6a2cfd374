/** The ledger and the location of an event, as plain text for people and as JSON. Pure. */
import { byteStringOf } from "../../../contracts/byte-string.ts"
import { readable } from "../../inspect/escape-bytes.ts"
import { many, span } from "../../inspect/format.ts"
import type { Ledger, LedgerTotals, QueueContent } from "../../inspect/ledger/types.ts"
import type { EventLocation } from "../../inspect/locate-event.ts"
import { bytesJson, moment, number, plain, table } from "../../inspect/plain-text.ts"
import { deadLetterJson, deadLetterText } from "../dead-letters/text.ts"
import { reactionsText } from "./reactions-text.ts"

const columns = [
  ["received", "received"],
  ["stored", "stored"],
  ["dead", "dead letters"],
  ["discarded", "discarded"],
  ["waiting", "waiting"],
  ["inFlight", "in flight"],
  ["replayed", "(replayed)"]
] as const satisfies ReadonlyArray<readonly [keyof LedgerTotals, string]>

/** The whole ledger; the last sentence says whether it balances. */
export const ledgerText = (ledger: Ledger): string => {
  const { total, topics, unread, queues, fromOthers, warnings } = ledger
  const queueLines = queues.flatMap(({ kind, address, trouble, since, content }) => {
    const state = trouble ?? (since === undefined ? "nothing claimed yet" : `counted since ${moment(since)}`)
    return [`queue  ${kind} ${plain(address)}  ${plain(state)}`, ...contentLines(content)]
  })
  if (total === null || unread === null)
    return ["Unknown: no queue could be read.", "", ...queueLines, ...reactionsText(ledger)].join("\n")
  const missing = queues.filter(({ trouble }) => trouble !== undefined).length
  const rows = topics.map((row) => [row.topic, ...columns.map(([key]) => number(row[key]))])
  const unreadTotal = unread.waiting + unread.inFlight
  if (unreadTotal > 0) {
    const totals = { received: unreadTotal, stored: 0, dead: 0, discarded: 0, replayed: 0, ...unread }
    rows.push(["(not read yet)", ...columns.map(([key]) => number(totals[key]))])
  }
  if (rows.length !== 1) rows.push(["all", ...columns.map(([key]) => number(total[key]))])
  const others =
    fromOthers === null || fromOthers === 0
      ? []
      : [`${number(fromOthers)} of them came from other programs than Spoor.`]
  return [
    ...(missing === 0
      ? []
      : [
          `Unknown for ${number(missing)} of ${number(queues.length)} queues, which could not be read. The others:`
        ]),
    equation(total),
    "",
    table(["topic", ...columns.map(([, name]) => name)], rows, new Set(columns.map(([, name]) => name))),
    "",
    ...queueLines,
    ...others,
    ...forwardedText(total),
    ...reactionsText(ledger),
    ...warnings.map((warning) => `WARNING: ${plain(warning)}`),
    balanceText(ledger)
  ].join("\n")
}

/** Nothing for a queue that is not an edge's. */
const forwardedText = ({ forwarded }: LedgerTotals): ReadonlyArray<string> =>
  forwarded === undefined
    ? []
    : [`${number(forwarded)} of the stored lines were forwarded to the centre, whose ledger received them.`]

/** The size and age of what waits, and of what is in flight; nothing when the queue is empty. */
const contentLines = (content: QueueContent | undefined): ReadonlyArray<string> => {
  const { waitingBytes = 0, oldestWaiting, inFlightBatches = 0, oldestInFlight } = content ?? {}
  const received = oldestWaiting === undefined ? "" : `, the first received ${span(oldestWaiting)} ago`
  const claimed = oldestInFlight === undefined ? "" : `, the oldest first claimed ${span(oldestInFlight)} ago`
  return [
    ...(waitingBytes === 0 ? [] : [`       waiting: about ${number(waitingBytes)} bytes${received}`]),
    ...(inFlightBatches === 0
      ? []
      : [`       in flight: ${many(inFlightBatches, "batch", "batches")}${claimed}`])
  ]
}

/** The equation of the totals, with the figures and names of the table. */
const equation = ({ received, stored, dead, discarded, waiting, inFlight }: LedgerTotals): string => {
  const parts = [
    `stored ${number(stored)}`,
    `dead-lettered ${number(dead)}`,
    ...(discarded === 0 ? [] : [`discarded ${number(discarded)}`]),
    `waiting ${number(waiting)}`,
    `in flight ${number(inFlight)}`
  ]
  return `received ${number(received)} = ${parts.join(" + ")}`
}

const balanceText = (ledger: Ledger): string => {
  const { balanced, complete } = ledger
  if (!balanced) return "The ledger does NOT balance."
  return complete
    ? "The ledger balances."
    : `The ledger balances as far as it could be read: ${missingPart(ledger)} missing.`
}

const missingPart = ({ queues, reactions }: Ledger): string => {
  if (reactions !== null) return "a queue is"
  return queues.some(({ trouble }) => trouble !== undefined)
    ? "a queue and the reactions are"
    : "the reactions are"
}

/** The location of an event, with all details. */
export const whereText = ({ sentence, underWay, letters, records, troubles }: EventLocation): string =>
  [
    plain(sentence),
    ...underWay.map(({ line, claimed }) => `\nclaimed    ${moment(claimed)}\nline       ${readable(line)}`),
    ...letters.map((letter) => `\n${deadLetterText(letter)}`),
    ...records.map(
      ({ topic, partition, offset, key, value, times }) =>
        `\ntopic      ${plain(topic)}, partition ${partition}, offset ${plain(offset)}` +
        (key === undefined ? "" : `\nkey        ${plain(key)}`) +
        times.map(([stage, at]) => `\n${stage.padEnd(9)}  ${moment(at)}`).join("") +
        `\nrecord     ${readable(byteStringOf(value))}`
    ),
    ...troubles.map((trouble) => `WARNING: ${plain(trouble)}`)
  ].join("\n")

/** The same for programs: lines and records as readable text and as exact bytes in base64. */
export const whereJson = (found: EventLocation): object => ({
  ...found,
  underWay: found.underWay.map(({ line, ...event }) => ({ ...event, ...bytesJson("line", line) })),
  letters: found.letters.map(deadLetterJson),
  records: found.records.map(({ value, times, ...record }) => ({
    ...record,
    times: Object.fromEntries(times),
    ...bytesJson("record", byteStringOf(value))
  }))
})
