/** The menu that copies or saves the events that are shown. */
import type { EventView } from "../../inspect/events/messages.ts"
import { download } from "./copy-button.ts"
import { eventsCsv } from "./csv.ts"
import { button } from "./element.ts"
import { exportMenu } from "./export-menu.ts"

const what = "the events shown"

const fileName = (extension: string): string =>
  `spoor-events-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.${extension}`

const saveButton = (form: string, type: string, text: () => string): HTMLButtonElement => {
  const created = button(form, () => download(fileName(form.toLowerCase()), type, text()), "small")
  created.setAttribute("aria-label", `Save ${what} as ${form}`)
  return created
}

/** `read` reads the events that are shown. */
export const eventsExport = (read: () => ReadonlyArray<EventView>): HTMLElement => {
  const forms = {
    JSON: () => JSON.stringify(read(), undefined, 2),
    CSV: () => eventsCsv(read())
  }
  return exportMenu(what, forms, [
    saveButton("JSON", "application/json", forms.JSON),
    saveButton("CSV", "text/csv", forms.CSV)
  ])
}
