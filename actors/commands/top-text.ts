/** The system as lines for a terminal: what flows, stage by stage, then the instances, the systems and the troubles. */
import type { InstanceView, SeamView, StageView, SystemView } from "../watch/system-view.ts"
import { span } from "../watch/words.ts"
import { moment, number, plain, shortened, table } from "./plain.ts"

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
  const head = [
    line(`Spoor  ${moment(view.at)}`, "title"),
    line(plain(view.sentence), isBad(view.condition) ? "bad" : "plain"),
    ...view.troubles.map((trouble) => line(plain(trouble), "bad")),
    line(""),
    ...stageLines(view.stages),
    line("")
  ]
  const foot = [line(""), ...seamLines(view.seams)]
  const instances = instanceLines(view.instances)
  const left = room.rows === undefined ? instances.length : room.rows - head.length - foot.length
  const lines = [...head, ...fitting(instances, left), ...foot]
  const { columns } = room
  return (room.rows === undefined ? lines : lines.slice(0, room.rows)).map(({ text, look }) =>
    line(columns === undefined ? text : shortened(text, columns), look)
  )
}

const stageLines = (stages: ReadonlyArray<StageView>): ReadonlyArray<Line> => {
  const headings = ["stage", "state", "run", "a second", "failed", "rejected", "under way", "took", "lag", ""]
  const rows = stages.map((stage) => [
    plain(stage.name),
    stage.condition,
    stage.kind === "queue" || stage.kind === "log" ? "" : number(stage.instances),
    perSecond(stage.rate),
    perSecond(stage.failedRate),
    perSecond(stage.rejectedRate),
    share(stage.underWay, stage.capacity),
    time(stage.took),
    time(stage.lag),
    [...heldBy(stage), plain(stage.sentence)].filter((part) => part !== "").join("; ")
  ])
  return looking(table(headings, rows, rightOf(headings, 2, 8)), (i) => {
    const condition = stages[i]?.condition
    if (condition === "down" || condition === "stands still") return "bad"
    return condition === "idle" ? "quiet" : "plain"
  })
}

/** What lies there: lines of the queue, records before a consumer. */
const heldBy = ({ waiting, inFlight, dead, behind }: StageView): ReadonlyArray<string> => [
  ...(waiting === undefined ? [] : [`${number(waiting)} waiting`]),
  ...(inFlight === undefined ? [] : [`${number(inFlight)} in flight`]),
  ...(dead === undefined || dead === 0 ? [] : [`${number(dead)} dead`]),
  ...(behind === undefined ? [] : [`${number(behind)} behind`])
]

const instanceLines = (instances: ReadonlyArray<InstanceView>): ReadonlyArray<Line> => {
  const headings = ["instance", "host", "process", "version", "a second", "failed", "under way", "took", ""]
  const rows = instances.map((one) => [
    plain(one.name),
    plain(one.host),
    plain(one.pid),
    plain(one.version),
    perSecond(one.rate),
    perSecond(one.failedRate),
    share(one.underWay, one.capacity),
    time(one.took),
    remarks(one).join("; ")
  ])
  return looking(table(headings, rows, rightOf(headings, 4, 7)), (i) => {
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

const seamLines = (seams: ReadonlyArray<SeamView>): ReadonlyArray<Line> => {
  const headings = ["system", "kind", "address", ""]
  const rows = seams.map(({ name, kind, address, embedded, ok, error }) => [
    plain(name),
    plain(kind),
    plain(address),
    ok ? (embedded ? "embedded" : "answers") : plain(error ?? "does not answer")
  ])
  return looking(table(headings, rows), (i) => (seams[i]?.ok === false ? "bad" : "plain"))
}

/** So many lines at the most, the last of which says how many more there are. */
const fitting = (lines: ReadonlyArray<Line>, room: number): ReadonlyArray<Line> => {
  if (lines.length <= room) return lines
  const shown = Math.max(1, room - 1)
  return [...lines.slice(0, shown), line(`… and ${number(lines.length - shown)} more`, "quiet")]
}

/** The lines of a table; the first is its heading. */
const looking = (text: string, look: (row: number) => Line["look"]): ReadonlyArray<Line> =>
  text.split("\n").map((one, i) => line(one, i === 0 ? "title" : look(i - 1)))

const line = (text: string, look: Line["look"] = "plain"): Line => ({ text, look })

const isBad = (condition: SystemView["condition"]): boolean =>
  condition === "down" || condition === "stands still"

const rightOf = (headings: ReadonlyArray<string>, from: number, to: number): ReadonlySet<string> =>
  new Set(headings.slice(from, to + 1))

const perSecond = (rate: number): string =>
  rate === 0 ? "0" : rate < 10 ? rate.toFixed(1) : number(Math.round(rate))

const share = (underWay: number | undefined, capacity: number | undefined): string =>
  underWay === undefined || !capacity ? "" : `${number(underWay)}/${number(capacity)}`

/** Milliseconds; seconds and more where it is long. */
const time = (milliseconds: number | undefined): string => {
  if (milliseconds === undefined) return ""
  if (milliseconds < 10_000) return `${number(Math.round(milliseconds))} ms`
  return span(milliseconds)
}
