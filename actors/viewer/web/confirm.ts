/** A confirmation dialog, shown before an action that cannot be undone. */
import { element } from "./element.ts"

/** Shows the dialog; true when the user chose `action`, false for Cancel or Escape. */
export const isConfirmed = (question: string, action: string, className = ""): Promise<boolean> => {
  const choice = (value: string, text: string, ownClass: string): HTMLButtonElement => {
    const created = element("button", ownClass, text)
    created.value = value
    return created
  }
  const form = element("form", "", [
    element("p", "", question),
    element("div", "actions", [choice("no", "Cancel", ""), choice("yes", action, className)])
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
