/** The page of one counter: its tables, read again every two seconds while the page is to be seen. */
import { element, number, showFrame, showState } from "/page/frame.js"

const interval = 2000
const address = `/api${location.pathname}`
const places = new Map()

const row = (values) =>
  element(
    "tr",
    "",
    values.map((value) =>
      typeof value === "number" ? element("td", "number", number(value)) : element("td", "", value)
    )
  )

const heading = (rows) =>
  Object.entries(rows[0] ?? {}).map(([name, value]) => {
    const head = element("th", typeof value === "number" ? "number" : "", name)
    head.scope = "col"
    return head
  })

const placeOf = (table) => {
  const known = places.get(table)
  if (known !== undefined) return known
  const head = element("tr", "")
  const body = element("tbody", "")
  const note = element("p", "empty", "Nothing counted yet.")
  const whole = element("table", "", [element("thead", "", [head]), body])
  const title = element("h2", "", table.replaceAll("-", " "))
  document.getElementById("tables").append(element("section", "", [title, whole, note]))
  const place = { head, body, note }
  places.set(table, place)
  return place
}

const show = ({ title, tables, rows }) => {
  document.title = `${title} · Spoor`
  document.getElementById("title").textContent = title
  for (const table of tables) {
    const list = rows[table] ?? []
    const { head, body, note } = placeOf(table)
    head.replaceChildren(...heading(list))
    body.replaceChildren(...list.map((one) => row(Object.values(one))))
    note.hidden = list.length > 0
  }
}

const refresh = async () => {
  try {
    const answer = await fetch(address)
    if (!answer.ok) throw new Error((await answer.json()).message)
    show(await answer.json())
    showState("live", "live")
  } catch (error) {
    showState("lost", `not read: ${error.message}`)
  }
}

const keepFresh = async () => {
  if (!document.hidden) await refresh()
  setTimeout(keepFresh, interval)
}

await Promise.all([showFrame(), keepFresh()])
