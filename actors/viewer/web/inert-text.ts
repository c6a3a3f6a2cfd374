/**
 * Text that anyone wrote, so that it can be read and can do nothing: each piece is isolated in its direction, and
 * characters that act or hide (controls, overrides of direction, zero widths) stand there as marks.
 */
import { element } from "/page/frame.js"
import { piecesOf } from "/page/text-marks.js"

const plain = /^[\x20-\x7e]*$/

/**
 * That text as a node; of a longer one the first `most` characters and how many more there are. It stands in a `bdi`
 * unless it is plain ASCII, which has one direction and nothing to hide.
 */
export const inert = (text, most = Number.POSITIVE_INFINITY) => {
  const isWhole = text.length <= most
  if (isWhole && plain.test(text)) return document.createTextNode(text)
  const pieces = piecesOf(isWhole ? text : text.slice(0, most))
  const made = element(
    "bdi",
    "",
    pieces.map((piece) => (typeof piece === "string" ? piece : marked(piece)))
  )
  if (!isWhole) made.append(element("span", "more", `… ${text.length - most} more`))
  return made
}

const marked = ({ picture, name }) => {
  const made = element("span", "mark", picture)
  made.title = name
  return made
}
