/** Buttons that copy text or save it as a file, and report the outcome. */
import { button } from "./element.ts"
import { messageOf } from "./format.ts"

/** A text, or a function that reads it when it is needed. */
export type ReadText = () => string | Promise<string>

/** NOTE: pages from another host without TLS have no Clipboard API, only `execCommand`. */
const copy = async (text: string): Promise<void> => {
  if ("clipboard" in navigator && navigator.clipboard !== undefined)
    return navigator.clipboard.writeText(text)
  const field = document.createElement("textarea")
  field.value = text
  field.readOnly = true
  field.className = "hidden"
  document.body.append(field)
  field.select()
  const isDone = document.execCommand("copy")
  field.remove()
  if (!isDone) throw new Error("The browser does not allow copying.")
}

/** Time for which a button shows its outcome, milliseconds. */
const outcomeMs = 1_500

const report = (target: HTMLElement, text: string): void => {
  target.dataset.outcome = text
  setTimeout(() => delete target.dataset.outcome, outcomeMs)
  const status = document.getElementById("copied")
  if (status !== null) status.textContent = text
}

/** `text` is called when the button is pressed; `what` names it for screen readers. */
export const copyButton = (label: string, what: string, text: ReadText): HTMLButtonElement => {
  const created = button(
    label,
    async () => {
      let content: string
      try {
        content = await text()
      } catch (error) {
        return report(created, `Not copied: ${messageOf(error)}`)
      }
      try {
        await copy(content)
        report(created, "Copied")
      } catch {
        report(created, "Not allowed")
      }
    },
    "small"
  )
  created.setAttribute("aria-label", `Copy ${what} as ${label}`)
  created.title = `Copy ${what}`
  return created
}

/** Time until the address of a file is revoked, milliseconds; the browser must have read it by then. */
const downloadMs = 10_000

/** Downloads that text as a file. */
export const download = (name: string, type: string, text: string): void => {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }))
  const anchor = document.createElement("a")
  anchor.href = address
  anchor.download = name
  anchor.click()
  setTimeout(() => URL.revokeObjectURL(address), downloadMs)
}
