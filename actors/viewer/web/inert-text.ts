/**
 * Untrusted text as harmless nodes: its direction is isolated, and invisible characters (controls, direction
 * overrides, zero widths) are shown as marks.
 */
import { element } from "./element.ts"
import { type Mark, piecesOf } from "./text-marks.ts"

const plain = /^[\x20-\x7e]*$/

const markElement = ({ picture, name }: Mark): HTMLElement => {
  const created = element("span", "mark", picture)
  created.title = name
  return created
}

/**
 * The text as a node; a longer one is cut at `maxLength` characters and followed by the number of the others. It is put into a
 * `bdi` unless it is plain ASCII, which has one direction and hides nothing.
 */
export const inert = (text: string, maxLength = Number.POSITIVE_INFINITY): Node => {
  const isWhole = text.length <= maxLength
  if (isWhole && plain.test(text)) return document.createTextNode(text)
  const pieces = piecesOf(isWhole ? text : text.slice(0, maxLength))
  const created = element(
    "bdi",
    "",
    pieces.map((piece) => (typeof piece === "string" ? piece : markElement(piece)))
  )
  if (!isWhole) created.append(element("span", "more", `… ${text.length - maxLength} more`))
  return created
}
