/** HTML from parts: texts are escaped, parts that are HTML already are not. */

/** Text that is HTML already. */
export interface Html {
  readonly html: string
}

type Piece = string | Html | ReadonlyArray<Html>

/** A template: ``html`<td>${text}</td>` `` escapes `text`. */
export const html = (texts: TemplateStringsArray, ...pieces: ReadonlyArray<Piece>): Html => ({
  html: texts.map((text, at) => text + htmlOf(pieces[at] ?? "")).join("")
})

export const nothing: Html = { html: "" }

const htmlOf = (piece: Piece): string => {
  if (typeof piece === "string") return escaped(piece)
  return "html" in piece ? piece.html : piece.map((one) => one.html).join("\n")
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;")

/** A sentence in which `marked` parts are code. */
export const sentence = (text: string): Html => ({
  html: escaped(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>")
})

/** A table; rows of cells. Without rows: nothing. */
export const table = (heads: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<Html>>): Html =>
  rows.length === 0
    ? nothing
    : html`<table>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}
</tbody></table>`
