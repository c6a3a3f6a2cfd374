/** The location of one event: a sentence, and the records, dead letters and queued copies of the event. */
import { deadLetterAddress } from "./addresses.ts"
import { lineText } from "./dead-letter-row.ts"
import { type Definition, definitions, element, link } from "./element.ts"
import { number } from "./format.ts"
import { withLocalTimes } from "./local-times.ts"
import { scrollingText } from "./scrolling-text.ts"
import { exactMoment, moment } from "./times.ts"
import type { EventLocationView } from "./viewer-api.ts"

/** The class of the sentence. */
const classes: Readonly<Partial<Record<EventLocationView["state"], string>>> = {
  stored: "good",
  "dead letter": "bad",
  "in flight": "good"
}

type Found<List extends "underWay" | "letters" | "records"> = EventLocationView[List][number]

const stageRow = (stage: string, at: number, before: number | undefined): HTMLTableRowElement => {
  const duration = before === undefined ? "" : `${at < before ? "" : "+"}${number(at - before)} ms`
  return element("tr", "", [
    element("td", "", stage),
    element("td", "", exactMoment(at)),
    element("td", "number", duration)
  ])
}

const found = (entries: ReadonlyArray<Definition>, before: ReadonlyArray<Node> = []): HTMLElement =>
  element("div", "found", [...before, element("dl", "", definitions(entries))])

const storedRecord = ({ topic, partition, offset, key, record, times }: Found<"records">): HTMLElement => {
  const place = found([
    ["topic", topic],
    ["partition", String(partition)],
    ["offset", offset],
    ["key", key === "" ? "none" : key],
    ["record", scrollingText("Record", record)]
  ])
  const rows = times.map(([stage, at], index) => stageRow(stage, at, times[index - 1]?.[1]))
  place.append(element("table", "stages", [element("tbody", "", rows)]))
  return place
}

const deadLetter = (one: Found<"letters">): HTMLElement =>
  found(
    [
      ["reason", one.reason],
      ["stage", one.stage],
      ["dead-lettered", one.last === undefined ? undefined : moment(one.last)],
      ["line", scrollingText("Line", lineText(one))]
    ],
    [element("p", "", link(deadLetterAddress(one.address), "Open the dead letter"))]
  )

const inFlight = ({ queue, claimed, attempts, until, isClaimed, line }: Found<"underWay">): HTMLElement =>
  found([
    ["queue", queue],
    ["first claimed", moment(claimed)],
    [isClaimed ? "claimed until" : "can be claimed from", moment(until)],
    ["failed attempts", number(attempts)],
    ["line", scrollingText("Line", line)]
  ])

export const showEventLocation = (place: HTMLElement, location: EventLocationView): void => {
  const { state, sentence, underWay, letters, records, troubles } = location
  place.replaceChildren(
    element("p", classes[state] ?? "", withLocalTimes(sentence)),
    ...underWay.map(inFlight),
    ...letters.map(deadLetter),
    ...records.map(storedRecord),
    ...troubles.map((trouble) => element("p", "trouble", trouble))
  )
}
