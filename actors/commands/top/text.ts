/** The system as lines for a terminal: what flows, stage by stage, then the instances, the systems and the troubles. */

import { span } from "../../inspect/format.ts"
import type {
  DependencyView,
  Figure,
  InstanceView,
  StageView,
  SystemView
} from "../../inspect/pipeline/system-view.ts"
import { moment, notKnown, number, plain, shortened, wrapped } from "../../inspect/plain-text.ts"
import { type Column, fittedTable } from "../fitted-table.ts"

/** A line, and how it is meant. */
export interface Line {
  readonly text: string
  readonly look: "plain" | "title" | "bad" | "quiet"
}

/** `rows` and `columns` are the room there is; undefined: any. What does not fit is left out, and that is said. */
export interface Room {
  readonly rows: number | undefined
  readonly columns: number | undefined
}

export const topLines = (view: SystemView, room: Room): ReadonlyArray<Line> => {
  const { columns } = room
  const told = (text: string, look: Line["look"]) =>
    (columns === undefined ? [text] : wrapped(text, columns)).map((one) => line(one, look))
  const head = [
    line(`Spoor  ${moment(view.at)}`, "title"),
    ...told(plain(view.sentence), isBad(view.condition) ? "bad" : "plain"),
    ...view.troubles.flatMap((trouble) => told(plain(trouble), "bad")),
    line(""),
    ...stageLines(view.stages, columns),
    line("")
  ]
  const foot = [line(""), ...seamLines(view, columns)]
  const instances = instanceLines(view.instances, columns)
  const left = room.rows === undefined ? instances.length : room.rows - head.length - foot.length
  const lines = [...head, ...fitting(instances, left), ...foot]
  return (room.rows === undefined ? lines : lines.slice(0, room.rows)).map(({ text, look }) =>
    line(columns === undefined ? text : shortened(text, columns), look)
  )
}

const stageColumns: ReadonlyArray<Column> = [
  { heading: "stage" },
  { heading: "state" },
  { heading: "run", isFigure: true, spare: 2 },
  { heading: "a second", isFigure: true },
  { heading: "failed", isFigure: true },
  { heading: "rejected", isFigure: true, spare: 5 },
  { heading: "under way", isFigure: true, spare: 3 },
  { heading: "took", isFigure: true, spare: 4 },
  { heading: "lag", isFigure: true, spare: 1 }
]

const stageLines = (stages: ReadonlyArray<StageView>, width: number | undefined): ReadonlyArray<Line> => {
  const rows = stages.map((stage) => ({
    cells: [
      plain(stage.name),
      stage.condition,
      stage.kind === "queue" || stage.kind === "log" ? "" : figure(stage.instances),
      perSecond(stage.rate),
      perSecond(stage.failedRate),
      perSecond(stage.rejectedRate),
      share(stage.underWay, stage.capacity),
      time(stage.took),
      time(stage.lag)
    ],
    remark: [...heldBy(stage), plain(stage.sentence)].filter((part) => part !== "").join("; ")
  }))
  return looking(fittedTable(stageColumns, rows, width), (i) => {
    const condition = stages[i]?.condition
    if (condition === "down" || condition === "stands still") return "bad"
    return condition === "flows" ? "plain" : "quiet"
  })
}

/** What lies there: lines of the queue, records before a consumer. */
const heldBy = ({ waiting, inFlight, dead, behind }: StageView): ReadonlyArray<string> => [
  ...(waiting === undefined ? [] : [`${figure(waiting)} waiting`]),
  ...(inFlight === undefined ? [] : [`${figure(inFlight)} in flight`]),
  ...(dead === undefined || dead === 0 ? [] : [`${figure(dead)} dead`]),
  ...(behind === undefined ? [] : [`${figure(behind)} behind`])
]

const instanceColumns: ReadonlyArray<Column> = [
  { heading: "instance" },
  { heading: "host" },
  { heading: "process" },
  { heading: "version", spare: 5 },
  { heading: "a second", isFigure: true },
  { heading: "failed", isFigure: true, spare: 2 },
  { heading: "under way", isFigure: true, spare: 3 },
  { heading: "took", isFigure: true, spare: 4 }
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
  return looking(fittedTable(instanceColumns, rows, width), (i) => {
    const instance = instances[i]
    return instance !== undefined && isTroubled(instance) ? "bad" : "plain"
  })
}

const isTroubled = ({ silentFor, troubles }: InstanceView): boolean =>
  silentFor > silence || Object.keys(troubles).length > 0

/** An answer may come a little late, seconds. */
const silence = 3

const remarks = ({ silentFor, troubles, behind }: InstanceView): ReadonlyArray<string> => [
  ...(silentFor > silence ? [`silent for ${silentFor} s`] : []),
  ...(behind === undefined ? [] : [`${number(behind)} behind`]),
  ...Object.entries(troubles).map(([name, sentence]) => `${plain(name)}: ${plain(sentence)}`)
]

const seamColumns: ReadonlyArray<Column> = [
  { heading: "system" },
  { heading: "kind", spare: 1 },
  { heading: "address" }
]

const seamLines = (view: SystemView, width: number | undefined): ReadonlyArray<Line> => {
  const { seams } = view
  const rows = seams.map((dependency) => ({
    cells: [plain(dependency.name), plain(dependency.kind), plain(dependency.address)],
    remark: stateOf(dependency, view.sentence)
  }))
  return looking(fittedTable(seamColumns, rows, width), (i) => (seams[i]?.ok === false ? "bad" : "plain"))
}

/** What is wrong with it is told once, and the headline may have told it. */
const stateOf = ({ ok, embedded, error }: DependencyView, headline: string): string => {
  if (ok === null) return notKnown
  if (ok) return embedded ? "embedded" : "answers"
  if (error === undefined) return "does not answer"
  return headline.includes(error) ? "does not answer, see above" : plain(error)
}

/** So many lines at the most, the last of which says how many more there are. */
const fitting = (lines: ReadonlyArray<Line>, room: number): ReadonlyArray<Line> => {
  if (lines.length <= room) return lines
  const shown = Math.max(1, room - 1)
  return [...lines.slice(0, shown), line(`… and ${number(lines.length - shown)} more`, "quiet")]
}

/** The lines of a table; the first is its heading. */
const looking = (
  rows: ReadonlyArray<ReadonlyArray<string>>,
  look: (row: number) => Line["look"]
): ReadonlyArray<Line> =>
  rows.flatMap((lines, i) => lines.map((text) => line(text, i === 0 ? "title" : look(i - 1))))

const line = (text: string, look: Line["look"] = "plain"): Line => ({ text, look })

const isBad = (condition: SystemView["condition"]): boolean =>
  condition === "down" || condition === "stands still"

const figure = (value: Figure): string => (value === null ? notKnown : number(value))

const perSecond = (rate: Figure): string => {
  if (rate === null) return notKnown
  return rate === 0 ? "0" : rate < 10 ? rate.toFixed(1) : number(Math.round(rate))
}

/** Empty for a stage that has none. */
const share = (underWay: Figure | undefined, capacity: Figure | undefined): string => {
  if (underWay === null || capacity === null) return notKnown
  return underWay === undefined || !capacity ? "" : `${number(underWay)}/${number(capacity)}`
}

/** Milliseconds; seconds and more where it is long. */
const time = (milliseconds: Figure | undefined): string => {
  if (milliseconds === undefined) return ""
  if (milliseconds === null) return notKnown
  if (milliseconds < 10_000) return `${number(Math.round(milliseconds))} ms`
  return span(milliseconds)
}
