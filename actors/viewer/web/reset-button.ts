/** The button that resets a table of counts after a confirmation. */
import { isConfirmed } from "./confirm.ts"
import { button } from "./element.ts"
import { messageOf } from "./format.ts"

/** `reset` resets the table of that title; the outcome is shown in `status`. */
export const resetButton = (
  title: string,
  reset: () => Promise<void>,
  status: HTMLElement
): HTMLButtonElement => {
  const onClick = async (): Promise<void> => {
    const question = `Reset ${title}? Its counts are deleted, and counting starts again from 0.`
    if (!(await isConfirmed(question, "Reset", "danger"))) return
    try {
      await reset()
      status.textContent = "reset"
    } catch (error) {
      status.textContent = `not reset: ${messageOf(error)}`
    }
  }
  const created = button("Reset", onClick, "plain")
  created.setAttribute("aria-label", `Reset ${title}`)
  return created
}
