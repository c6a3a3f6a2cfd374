/**
 * A table in the width there is: columns that matter less are left out until it fits, and the remark of a row, which
 * may say why something is wrong, stands behind it or, wrapped, below it. Pure.
 */
import { table, wrapped } from "../inspect/plain-text.ts"

export interface Column {
  readonly heading: string
  /** Figures are aligned to the right. */
  readonly isFigure?: boolean
  /** The higher, the sooner it is left out where there is no room; absent: never. */
  readonly spare?: number
}

export interface Row {
  /** One for each column; plain. */
  readonly cells: ReadonlyArray<string>
  readonly remark: string
}

/** The lines of the headings, then those of each row. `width` in characters; undefined: any. */
export const fittedTable = (
  columns: ReadonlyArray<Column>,
  rows: ReadonlyArray<Row>,
  width: number | undefined
): ReadonlyArray<ReadonlyArray<string>> => {
  let shown = columns.map((_, i) => i)
  let lines = drawn(columns, rows, shown)
  while (width !== undefined && lines.some((line) => line.length > width)) {
    const least = shown
      .filter((i) => columns[i]?.spare !== undefined)
      .toSorted((a, b) => (columns[b]?.spare ?? 0) - (columns[a]?.spare ?? 0))[0]
    if (least === undefined) break
    shown = shown.filter((i) => i !== least)
    lines = drawn(columns, rows, shown)
  }
  const whole = Math.max(...lines.map((line) => line.length))
  return lines.map((line, i) => withRemark(line, rows[i - 1]?.remark ?? "", whole, width))
}

const drawn = (
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

/** The row and its remark: behind the table where that fits, else below. */
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
