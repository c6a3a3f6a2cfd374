/** The fields of the filter: what is typed applies a moment later, in a search of the past when it is asked for. */
import { filterNames } from "/page/event-filter.js"
import { momentField } from "/page/moment-field.js"

/** How long after the last key a filter applies, milliseconds. */
const rest = 350

/**
 * @param {HTMLFormElement} form
 * @param {object} told
 * @param {() => void} told.changed other events are to be shown
 * @param {() => void} told.asked they are to be shown at once
 */
export const filterBar = (form, { changed, asked }) => {
  const fields = form.elements
  const sinceField = momentField(fields.since)
  const untilField = momentField(fields.until)
  let timer

  const later = () => {
    clearTimeout(timer)
    timer = setTimeout(changed, rest)
  }
  const now = () => {
    clearTimeout(timer)
    asked()
  }

  form.addEventListener("input", later)
  form.addEventListener("submit", (submitted) => {
    submitted.preventDefault()
    now()
  })
  form.addEventListener("reset", (cleared) => {
    cleared.preventDefault()
    for (const name of filterNames) fields.namedItem(name).value = ""
    now()
  })
  for (const one of form.querySelectorAll("[data-minutes]")) {
    one.addEventListener("click", () => {
      const { minutes } = one.dataset
      sinceField.set(minutes === "" ? undefined : Date.now() - Number(minutes) * 60_000)
      untilField.set(undefined)
      now()
    })
  }

  fields.order.addEventListener("change", now)

  const unfold = document.getElementById("unfold")
  unfold.addEventListener("click", () => {
    const isUnfolded = form.classList.toggle("unfolded")
    unfold.setAttribute("aria-expanded", String(isUnfolded))
    unfold.textContent = isUnfolded ? "Fewer filters" : "More filters"
  })

  const mark = () => {
    let isAny = false
    for (const name of filterNames) {
      const field = fields.namedItem(name)
      const isSet = field.value.trim() !== ""
      field.classList.toggle("set", isSet)
      isAny ||= isSet
    }
    document.getElementById("clear").disabled = !isAny
  }
  form.addEventListener("input", mark)

  return {
    /** What the fields say: a filter without what is empty, and the times. */
    read: () => {
      const filter = {}
      for (const name of filterNames) {
        const value = fields.namedItem(name).value.trim()
        if (value !== "") filter[name] = value
      }
      const order = fields.order.value || undefined
      return { filter, since: sinceField.read(), until: untilField.read(), order }
    },
    show: ({ filter, since, until, order }) => {
      for (const name of filterNames) fields.namedItem(name).value = filter[name] ?? ""
      sinceField.set(since)
      untilField.set(until)
      fields.order.value = order ?? ""
      mark()
    },
    /** The keyboard goes to the field of free text. */
    enter: () => {
      fields.text.focus()
      fields.text.select()
    }
  }
}
