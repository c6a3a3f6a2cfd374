/** The button that empties a table of counts, once that is confirmed. */
import { isConfirmed } from "/page/confirm.js"
import { button } from "/page/frame.js"

/** `empty` empties the table of that title; `told` is where it is said how that went. */
export const resetButton = (title, empty, told) => {
  const made = button(
    "Reset",
    async () => {
      const question = `Reset ${title}? Its counts are deleted; what comes from now on is counted from 0.`
      if (!(await isConfirmed(question, "Reset", "danger"))) return
      try {
        await empty()
        told.textContent = "reset"
      } catch (error) {
        told.textContent = `not reset: ${error.message}`
      }
    },
    "plain"
  )
  made.setAttribute("aria-label", `Reset ${title}`)
  return made
}
