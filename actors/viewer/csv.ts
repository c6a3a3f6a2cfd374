/** Tables as CSV (RFC 4180) that a spreadsheet may open: no cell of it is a formula, whoever wrote its text. */

/**
 * The rows as text; the names of the first row are the columns. Texts are quoted, always, so that a spreadsheet that
 * separates at other marks does not cut one into cells. A text that a spreadsheet would take for a formula has `'` before it.
 */
export const csvOf = (rows: ReadonlyArray<Readonly<Record<string, string | number>>>): string => {
  const columns = Object.keys(rows[0] ?? {})
  const lines = rows.map((row) => columns.map((column) => cell(row[column] ?? "")).join(","))
  return [columns.map(cell).join(","), ...lines, ""].join("\r\n")
}

/** What begins so is calculated by one spreadsheet or another; the last four are the same marks in full width. */
const formula = /^[=+\-@\t\r\n＝＋－＠]/

const cell = (value: string | number): string =>
  typeof value === "number"
    ? String(value)
    : `"${(formula.test(value) ? `'${value}` : value).replaceAll('"', '""')}"`
