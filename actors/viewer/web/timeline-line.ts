/**
 * The timeline of an event as a line of stages, each section as long as it took (logarithmic), with the consumers side by
 * side at its end.
 */
import type { EventView, Step } from "../../inspect/events/messages.ts"
import { element } from "./element.ts"
import { span } from "./format.ts"
import { inert } from "./inert-text.ts"
import { withLocalTimes } from "./local-times.ts"
import { clock } from "./times.ts"

/** The stages of the pipeline; any other is a consumer. */
const pipeline: ReadonlySet<string> = new Set(["gateway", "queue", "drainer", "enricher", "bridge", "log"])

const recordedSteps = [
  ["received", "gateway", "received by the gateway"],
  ["claimed", "drainer", "claimed from the queue"],
  ["enriched", "enricher", "enriched"],
  ["sent", "bridge", "sent to the log"],
  ["logged", "log", "stored"]
] as const

/** The steps whose times are in the event itself. */
export const ownSteps = ({ times }: EventView): ReadonlyArray<Step> => {
  let before: number | undefined
  return recordedSteps.flatMap(([name, stage, what]) => {
    const at = times[name]
    if (at === undefined) return []
    const after = before === undefined ? undefined : at - before
    before = at
    return [{ stage, what, at, after }]
  })
}

/** Sets the length of a section by the time until the next step. */
const setLength = (section: HTMLElement, durationMs: number | undefined, longestMs: number): void => {
  if (durationMs === undefined) {
    section.classList.add("unmeasured")
    return
  }
  const text = durationMs < 0 ? `${span(durationMs)} (clocks differ)` : `+${span(durationMs)}`
  section.append(element("span", "took", text))
  if (durationMs === longestMs && durationMs > 0) section.classList.add("longest")
  section.style.flexGrow = String(1 + Math.log10(1 + Math.max(0, durationMs)))
}

const stageStep = ({ stage, what, at }: Step, next: Step | undefined, longestMs: number): HTMLLIElement => {
  const text = element("span", "what", withLocalTimes(what))
  text.title = what
  const created = element("li", at === undefined ? "open" : "", [
    element("b", "", inert(stage)),
    text,
    element("span", "at", at === undefined ? "unknown" : clock(at))
  ])
  if (next !== undefined) setLength(created, next.after, longestMs)
  return created
}

const consumerStep = ({ stage, what, at }: Step, loggedAt: number | undefined): HTMLLIElement => {
  const since = at === undefined || loggedAt === undefined ? undefined : at - loggedAt
  const created = element("li", at === undefined ? "open" : "", [
    element("b", "", inert(stage)),
    element("span", "took", since === undefined ? "" : `${since < 0 ? "" : "+"}${span(since)}`),
    element("span", "at", at === undefined ? inert(what) : clock(at))
  ])
  created.title = what
  return created
}

/** The picture of these steps. */
export const timelineLine = (steps: ReadonlyArray<Step>): HTMLElement => {
  const stages = steps.filter(({ stage }) => pipeline.has(stage))
  const consumers = steps.filter(({ stage }) => !pipeline.has(stage))
  const longestMs = Math.max(...stages.map(({ after }) => after ?? 0))
  const loggedAt = stages.find(({ stage }) => stage === "log")?.at
  const line = element(
    "ol",
    consumers.length === 0 ? "timeline-line alone" : "timeline-line",
    stages.map((step, index) => stageStep(step, stages[index + 1], longestMs))
  )
  line.setAttribute("aria-label", "Stages")
  if (consumers.length === 0) return line
  const ends = element(
    "ul",
    "consumers",
    consumers.map((step) => consumerStep(step, loggedAt))
  )
  ends.setAttribute("aria-label", "Consumers")
  return element("div", "timeline-whole", [line, ends])
}
