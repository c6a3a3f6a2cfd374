/**
 * A table that fits a width: less important columns are dropped until it fits, and the remark of a row, such as an error,
 * is put behind the row or wrapped below it. Pure.
 */
import { table, wrapped } from "../inspect/plain-text.ts"

export interface Column {
  readonly heading: string
  /** Numbers are aligned to the right. */
  readonly isFigure?: boolean
  /** The column with the highest value is dropped first; undefined: never. */
  readonly dropOrder?: number
}

export interface Row {
  /** One for each column; plain text. */
  readonly cells: ReadonlyArray<string>
  readonly remark: string
}

/** The lines of the headings, then those of each row. `width` in characters; undefined: unlimited. */
export const fittedTable = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<Row>,
  width: number | undefined
): ReadonlyArray<ReadonlyArray<string>> => {
  let shown = columns.map((_, i) => i)
  let lines = draw(columns, rows, shown)
  while (width !== undefined && lines.some((line) => line.length > width)) {
    const first = shown
      .filter((i) => columns[i]?.dropOrder !== undefined)
      .toSorted((a, b) => (columns[b]?.dropOrder ?? 0) - (columns[a]?.dropOrder ?? 0))[0]
    if (first === undefined) break
    shown = shown.filter((i) => i !== first)
    lines = draw(columns, rows, shown)
  }
  const tableWidth = Math.max(...lines.map((line) => line.length))
  return lines.map((line, i) => withRemark(line, rows[i - 1]?.remark ?? "", tableWidth, width))
}

const draw = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<Row>,
  shown: ReadonlyArray<number>
): ReadonlyArray<string> => {
  const pick = (cells: ReadonlyArray<string>) => shown.map((i) => cells[i] ?? "")
  const figures = columns.filter(({ isFigure }) => isFigure === true).map(({ heading }) => heading)
  return table(
    pick(columns.map(({ heading }) => heading)),
    rows.map(({ cells }) => pick(cells)),
    new Set(figures)
  ).split("\n")
}

const indent = "    "

/** The row and its remark: beside the table if that fits, else below the row. */
const withRemark = (
  line: string,
  remark: string,
  tableWidth: number,
  width: number | undefined
): ReadonlyArray<string> => {
  if (remark === "") return [line]
  const beside = `${line.padEnd(tableWidth)}  ${remark}`
  if (width === undefined || beside.length <= width) return [beside]
  return [line, ...wrapped(remark, Math.max(1, width - indent.length)).map((one) => indent + one)]
}
