/** JSON text of a message: bytes as `{"base64": "…"}`, integers as integers, and lists of numbers on one line. */

/** The value as JSON with a line end. */
export const json = (value: unknown): string => {
  const text = JSON.stringify(value, (_, one: unknown) =>
    one instanceof Uint8Array ? { base64: Buffer.from(one).toString("base64") } : one
  )
  return pretty(JSON.parse(text))
}

/** The longest list or map that stays on one line, characters. */
const lineChars = 100

/** The value as JSON with a line end, short lists and maps on one line. */
export const pretty = (value: unknown): string => `${indented(value, "")}\n`

const indented = (value: unknown, indent: string): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  const short = oneLine(value)
  if (short.length + indent.length <= lineChars || isNumbers(value)) return short
  const deeper = `${indent}  `
  if (Array.isArray(value))
    return `[\n${value.map((one) => deeper + indented(one, deeper)).join(",\n")}\n${indent}]`
  const fields = Object.entries(value).map(
    ([name, one]) => `${deeper}${JSON.stringify(name)}: ${indented(one, deeper)}`
  )
  return `{\n${fields.join(",\n")}\n${indent}}`
}

const isNumbers = (value: object): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === "number")

const oneLine = (value: unknown): string => {
  if (typeof value !== "object" || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(oneLine).join(", ")}]`
  const fields = Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${oneLine(one)}`)
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`
}
