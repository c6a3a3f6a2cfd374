/** The state of the system as lines for a terminal: errors, stages, instances and services. Pure. */

import { span } from "../../inspect/format.ts"
import type {
  DependencyView,
  Figure,
  InstanceView,
  StageView,
  SystemView
} from "../../inspect/pipeline/system-view.ts"
import { moment, notKnown, number, plain, shortened, wrapped } from "../../inspect/plain-text.ts"
import { conditionName } from "../../viewer/web/condition.ts"
import { type Column, fittedTable } from "../fitted-table.ts"

/** A line and its style. */
export interface Line {
  readonly text: string
  readonly style: "plain" | "title" | "bad" | "quiet"
}

/** The size of the terminal, in characters; undefined: unlimited. Lines that do not fit are dropped, and their number is shown. */
export interface Size {
  readonly rows: number | undefined
  readonly columns: number | undefined
}

export const topLines = (view: SystemView, size: Size): ReadonlyArray<Line> => {
  const { columns } = size
  const wrappedLines = (text: string, style: Line["style"]) =>
    (columns === undefined ? [text] : wrapped(text, columns)).map((one) => line(one, style))
  const head = [
    line(`Spoor  ${moment(view.at)}`, "title"),
    ...wrappedLines(plain(view.sentence), isBad(view.condition) ? "bad" : "plain"),
    ...view.troubles.flatMap((trouble) => wrappedLines(plain(trouble), "bad")),
    line(""),
    ...stageLines(view.stages, columns),
    line("")
  ]
  const foot = [line(""), ...serviceLines(view, columns)]
  const instances = instanceLines(view.instances, columns)
  const maxInstances = size.rows === undefined ? instances.length : size.rows - head.length - foot.length
  const lines = [...head, ...fitting(instances, maxInstances), ...foot]
  return (size.rows === undefined ? lines : lines.slice(0, size.rows)).map(({ text, style }) =>
    line(columns === undefined ? text : shortened(text, columns), style)
  )
}

const stageColumns: ReadonlyArray<Column> = [
  { heading: "stage" },
  { heading: "state" },
  { heading: "run", isFigure: true, dropOrder: 2 },
  { heading: "a second", isFigure: true },
  { heading: "failed", isFigure: true },
  { heading: "rejected", isFigure: true, dropOrder: 5 },
  { heading: "in flight", isFigure: true, dropOrder: 3 },
  { heading: "took", isFigure: true, dropOrder: 4 },
  { heading: "lag", isFigure: true, dropOrder: 1 }
]

const stageLines = (stages: ReadonlyArray<StageView>, width: number | undefined): ReadonlyArray<Line> => {
  const rows = stages.map((stage) => ({
    cells: [
      plain(stage.name),
      conditionName(stage.condition),
      stage.kind === "queue" || stage.kind === "log" ? "" : figure(stage.instances),
      perSecond(stage.rate),
      perSecond(stage.failedRate),
      perSecond(stage.rejectedRate),
      share(stage.underWay, stage.capacity),
      time(stage.took),
      time(stage.lag)
    ],
    remark: [...backlogOf(stage), plain(stage.sentence)].filter((part) => part !== "").join("; ")
  }))
  return styled(fittedTable(stageColumns, rows, width), (i) => {
    const condition = stages[i]?.condition
    if (condition === "down" || condition === "stands still") return "bad"
    return condition === "flows" ? "plain" : "quiet"
  })
}

/** The backlog of a stage: lines of the queue, records that a consumer has not read. */
const backlogOf = ({ waiting, inFlight, dead, behind }: StageView): ReadonlyArray<string> => [
  ...(waiting === undefined ? [] : [`${figure(waiting)} waiting`]),
  ...(inFlight === undefined ? [] : [`${figure(inFlight)} in flight`]),
  ...(dead === undefined || dead === 0 ? [] : [`${figure(dead)} dead ${dead === 1 ? "letter" : "letters"}`]),
  ...(behind === undefined ? [] : [`${figure(behind)} behind`])
]

const instanceColumns: ReadonlyArray<Column> = [
  { heading: "instance" },
  { heading: "host" },
  { heading: "process" },
  { heading: "version", dropOrder: 5 },
  { heading: "a second", isFigure: true },
  { heading: "failed", isFigure: true, dropOrder: 2 },
  { heading: "in flight", isFigure: true, dropOrder: 3 },
  { heading: "took", isFigure: true, dropOrder: 4 }
]

const instanceLines = (
  instances: ReadonlyArray<InstanceView>,
  width: number | undefined
): ReadonlyArray<Line> => {
  const rows = instances.map((one) => ({
    cells: [
      plain(one.name),
      plain(one.host),
      plain(one.pid),
      plain(one.version),
      perSecond(one.rate),
      perSecond(one.failedRate),
      share(one.underWay, one.capacity),
      time(one.took)
    ],
    remark: remarks(one).join("; ")
  }))
  return styled(fittedTable(instanceColumns, rows, width), (i) => {
    const instance = instances[i]
    return instance !== undefined && isTroubled(instance) ? "bad" : "plain"
  })
}

const isTroubled = ({ silentFor, troubles, isCrashed }: InstanceView): boolean =>
  silentFor > maxSilenceSeconds || isCrashed === true || Object.keys(troubles).length > 0

/** An instance that has not answered for longer than this is shown as silent, seconds. */
const maxSilenceSeconds = 3

const remarks = ({ silentFor, troubles, behind, crash }: InstanceView): ReadonlyArray<string> => [
  ...(silentFor > maxSilenceSeconds ? [`silent for ${silentFor} s`] : []),
  ...(crash === undefined ? [] : [plain(crash)]),
  ...(behind === undefined ? [] : [`${number(behind)} behind`]),
  ...Object.entries(troubles).map(([name, sentence]) => `${plain(name)}: ${plain(sentence)}`)
]

const serviceColumns: ReadonlyArray<Column> = [
  { heading: "system" },
  { heading: "kind", dropOrder: 1 },
  { heading: "address" }
]

const serviceLines = (view: SystemView, width: number | undefined): ReadonlyArray<Line> => {
  const { seams } = view
  const rows = seams.map((dependency) => ({
    cells: [plain(dependency.name), plain(dependency.kind), plain(dependency.address)],
    remark: stateOf(dependency, view.sentence)
  }))
  return styled(fittedTable(serviceColumns, rows, width), (i) => (seams[i]?.ok === false ? "bad" : "plain"))
}

/** The error of a service, unless the headline shows it. */
const stateOf = ({ ok, embedded, error }: DependencyView, headline: string): string => {
  if (ok === null) return notKnown
  if (ok) return embedded ? "embedded" : "answers"
  if (error === undefined) return "does not answer"
  return headline.includes(error) ? "does not answer, see above" : plain(error)
}

/** At most `max` lines; the last one reports how many were dropped. */
const fitting = (lines: ReadonlyArray<Line>, max: number): ReadonlyArray<Line> => {
  if (lines.length <= max) return lines
  const shown = Math.max(1, max - 1)
  return [...lines.slice(0, shown), line(`… and ${number(lines.length - shown)} more`, "quiet")]
}

/** The lines of a table with the styles of its rows; the first is its heading. */
const styled = (
  rows: ReadonlyArray<ReadonlyArray<string>>,
  styleOf: (row: number) => Line["style"]
): ReadonlyArray<Line> =>
  rows.flatMap((lines, i) => lines.map((text) => line(text, i === 0 ? "title" : styleOf(i - 1))))

const line = (text: string, style: Line["style"] = "plain"): Line => ({ text, style })

const isBad = (condition: SystemView["condition"]): boolean =>
  condition === "down" || condition === "stands still"

const figure = (value: Figure): string => (value === null ? notKnown : number(value))

const perSecond = (rate: Figure): string => {
  if (rate === null) return notKnown
  return rate === 0 ? "0" : rate < 10 ? rate.toFixed(1) : number(Math.round(rate))
}

/** Empty for a stage without a limit. */
const share = (underWay: Figure | undefined, capacity: Figure | undefined): string => {
  if (underWay === null || capacity === null) return notKnown
  return underWay === undefined || !capacity ? "" : `${number(underWay)}/${number(capacity)}`
}

/** In milliseconds, a long time in larger units. */
const time = (milliseconds: Figure | undefined): string => {
  if (milliseconds === undefined) return ""
  if (milliseconds === null) return notKnown
  if (milliseconds < 10_000) return `${number(Math.round(milliseconds))} ms`
  return span(milliseconds)
}
