/** Buttons that copy text, or keep it as a file, and say that they did. */
import { button } from "/page/frame.js"

/** NOTE: pages that are not on this machine and come without TLS have no clipboard but the old one. */
const copy = async (text) => {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text)
  const place = document.createElement("textarea")
  place.value = text
  place.readOnly = true
  place.className = "hidden"
  document.body.append(place)
  place.select()
  const isDone = document.execCommand("copy")
  place.remove()
  if (!isDone) throw new Error("not allowed")
}

const said = 1_500

const say = (made, text) => {
  made.dataset.said = text
  setTimeout(() => delete made.dataset.said, said)
  const place = document.getElementById("copied")
  if (place !== null) place.textContent = text
}

/** `text` is asked, and may be read, when the button is pressed; `what` names it for those who do not see where the button stands. */
export const copyButton = (label, what, text) => {
  const made = button(
    label,
    async () => {
      let read
      try {
        read = await text()
      } catch (error) {
        return say(made, `Not copied: ${error.message}`)
      }
      try {
        await copy(read)
        say(made, "Copied")
      } catch {
        say(made, "Not allowed")
      }
    },
    "small"
  )
  made.setAttribute("aria-label", `Copy ${what} as ${label}`)
  made.title = `Copy ${what}`
  return made
}

/** Gives the reader a file of that text. */
export const download = (name, type, text) => {
  const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }))
  const made = document.createElement("a")
  made.href = address
  made.download = name
  made.click()
  setTimeout(() => URL.revokeObjectURL(address), 10_000)
}
