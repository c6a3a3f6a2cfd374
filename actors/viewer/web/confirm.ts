/** A question that must be answered before something is done that cannot be undone. */
import { element } from "/page/frame.js"

/** Asks; true when the person chose `action`, false for Cancel or Escape. */
export const isConfirmed = (question, action, kind = "") => {
  const choice = (value, text, className) => {
    const made = element("button", className, text)
    made.value = value
    return made
  }
  const form = element("form", "", [
    element("p", "", question),
    element("div", "actions", [choice("no", "Cancel", ""), choice("yes", action, kind)])
  ])
  form.method = "dialog"
  const dialog = element("dialog", "", [form])
  dialog.setAttribute("aria-label", action)
  document.body.append(dialog)
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      dialog.remove()
      resolve(dialog.returnValue === "yes")
    })
  })
}
