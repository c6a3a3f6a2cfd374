/** The section with the timeline of an event, read again while it is visible and may still change. */
import type { Step, TimelineView } from "../../inspect/events/messages.ts"
import { eventLocationAddress } from "./addresses.ts"
import { csvOf } from "./csv.ts"
import { element, link } from "./element.ts"
import type { Forms } from "./export-menu.ts"
import { messageOf, span } from "./format.ts"
import { inert } from "./inert-text.ts"
import { withLocalTimes } from "./local-times.ts"
import { timelineLine } from "./timeline-line.ts"
import { getTimeline } from "./viewer-api.ts"

const csv = (steps: ReadonlyArray<Step>): string =>
  csvOf([
    ["stage", "what", "at", "after_ms"],
    ...steps.map(({ stage, what, at, after }) => [
      stage,
      what,
      at === undefined ? undefined : new Date(at).toISOString(),
      after
    ])
  ])

/** The class of the headline. */
const classes: Readonly<Partial<Record<TimelineView["state"], string>>> = {
  stored: "good",
  "dead letter": "bad",
  "in flight": "waiting"
}

const headline = ({ state, sentence, wholeWay, records }: TimelineView): HTMLElement => {
  const created = element("p", `verdict ${classes[state] ?? ""}`, withLocalTimes(sentence))
  if (wholeWay !== undefined) created.append(` ${span(wholeWay)} from the gateway to the log.`)
  if (records.length > 1) created.append(` It was sent ${records.length} times.`)
  return created
}

/** First delay before the timeline is read again, which then grows, and the limit of the polling time; milliseconds. */
const firstDelayMs = 1_000
const maxPollMs = 30_000

/** Time after which a consumer is no longer expected to report a stored event, milliseconds. */
const maxReportDelayMs = 60_000

/** Whether the timeline cannot change any more. */
const isFinal = ({ state, steps, records: [record] }: TimelineView): boolean => {
  if (state === "not an id" || state === "dead letter") return true
  if (state !== "stored") return false
  const isOld = record !== undefined && record.timestamp < Date.now() - maxReportDelayMs
  return isOld || steps.every(({ at }) => at !== undefined)
}

/** The section, and its steps as texts that can be copied. */
export interface TimelineSection {
  readonly place: HTMLElement
  readonly forms: Forms
}

export interface TimelineOptions {
  /** Empty: the timeline cannot be read. */
  readonly id: string
  /** Steps to show until the viewer has answered. */
  readonly knownSteps?: ReadonlyArray<Step>
  readonly onAnswer?: (timeline: TimelineView) => void
}

/** Calls `read` until it returns true, the polling time is over, or the section has left the page. */
const pollUntilFinal = (section: HTMLElement, read: () => Promise<boolean>): void => {
  const began = Date.now()
  const next = async (delayMs: number): Promise<void> => {
    if (await read()) return
    if (Date.now() - began < maxPollMs && section.isConnected) setTimeout(next, delayMs, 1.5 * delayMs)
  }
  void next(firstDelayMs)
}

export const timelineSection = ({
  id,
  knownSteps = [],
  onAnswer = () => {}
}: TimelineOptions): TimelineSection => {
  let steps = knownSteps
  const content = element("div", "timeline")
  const head = element("div", "part-head", element("h3", "", "Timeline"))
  const place = element("section", "part-timeline", [head, content])
  const section: TimelineSection = {
    place,
    forms: { JSON: () => JSON.stringify(steps, undefined, 2), CSV: () => csv(steps) }
  }
  if (knownSteps.length > 0) content.append(timelineLine(knownSteps))
  if (id === "") {
    content.append(element("p", "hint", "The event has no id, so its timeline is unknown."))
    return section
  }
  const note = element("p", "hint", "Locating the event …")
  content.append(note)

  const show = (timeline: TimelineView): void => {
    steps = timeline.steps.length > 0 ? timeline.steps : knownSteps
    content.replaceChildren(
      headline(timeline),
      ...(steps.length > 0 ? [timelineLine(steps)] : []),
      ...timeline.troubles.map((trouble) => element("p", "trouble", inert(trouble))),
      ...(timeline.state === "dead letter"
        ? [element("p", "", link(eventLocationAddress(id), "Show it in the ledger"))]
        : [])
    )
    onAnswer(timeline)
  }

  let shown = ""
  pollUntilFinal(place, async () => {
    try {
      const timeline = await getTimeline(id)
      const text = JSON.stringify(timeline)
      if (text !== shown) show(timeline)
      shown = text
      return isFinal(timeline)
    } catch (error) {
      note.textContent = `The timeline could not be read: ${messageOf(error)}`
      return false
    }
  })
  return section
}
