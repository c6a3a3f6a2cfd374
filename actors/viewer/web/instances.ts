/** Who runs: a row for each actor with what its instances do together, and below it, when asked for, each of them. */
import { mark, say } from "/page/drawing.js"
import { definitions, element, known, moment, number, rate, span } from "/page/frame.js"
import { titleOf } from "/page/stations.js"

/** Seconds of silence after which it is said. */
const patience = 3

/** What is wrong with an instance, or undefined. */
const troubleOf = ({ silentFor, troubles }) => {
  const cannotReach = Object.entries(troubles).map(([seam, sentence]) => `${seam}: ${sentence}`)
  if (isSilent({ silentFor })) return `silent for ${span(silentFor * 1000)}`
  return cannotReach.length > 0 ? cannotReach.join("; ") : undefined
}

const isSilent = ({ silentFor }) => silentFor >= patience

const isKnown = (value) => value !== undefined && value !== null

const most = (list, name) => {
  const values = list.map((one) => one[name]).filter(isKnown)
  return values.length === 0 ? undefined : Math.max(...values)
}

const sum = (list, name) => {
  const values = list.map((one) => one[name]).filter(isKnown)
  return values.length === 0 ? undefined : values.reduce((all, value) => all + value, 0)
}

const average = (list) => {
  const busy = list.filter(({ took }) => isKnown(took))
  const passed = sum(busy, "rate") ?? 0
  if (busy.length === 0) return undefined
  return passed === 0
    ? sum(busy, "took") / busy.length
    : busy.reduce((all, one) => all + one.took * one.rate, 0) / passed
}

const together = (list) => ({
  rate: sum(list, "rate"),
  failedRate: sum(list, "failedRate"),
  underWay: sum(list, "underWay"),
  capacity: sum(list, "capacity"),
  took: average(list),
  lag: most(list, "lag"),
  behind: sum(list, "behind")
})

/** The columns of figures: what each is called on narrow screens, and how it is written. */
const columns = [
  ["events/s", ({ rate: value }) => known(value, rate)],
  ["failed/s", ({ failedRate }) => known(failedRate, rate)],
  [
    "under way",
    ({ underWay, capacity }) => known(underWay, number) + (isKnown(capacity) ? ` of ${number(capacity)}` : "")
  ],
  ["took", ({ took }) => known(took, span)],
  ["lag", ({ lag }) => known(lag, span)],
  ["behind", ({ behind }) => known(behind, number)]
]

const makeFigures = () => {
  const cells = columns.map(([name]) => {
    const cell = element("td", "number")
    cell.dataset.name = name
    return cell
  })
  const show = (figures) => {
    for (const [i, [, write]] of columns.entries()) {
      say(cells[i], write(figures))
      mark(cells[i], "nil", String(/^[0–]/.test(cells[i].textContent) && cells[i].textContent.length === 1))
    }
    mark(cells[1], "bad", String(figures.failedRate >= 0.05))
  }
  return { cells, show }
}

const upSince = ({ started }, at) => `up ${span(at - Date.parse(started))}`

const makeInstance = () => {
  const id = element("span", "id")
  const where = element("span", "where")
  const up = element("td", "runs")
  const state = element("td", "condition")
  const { cells, show: showFigures } = makeFigures()
  const head = element("th", "one", [where, id])
  head.scope = "row"
  const row = element("tr", "instance", [head, up, ...cells, state])
  const show = (instance, at) => {
    const trouble = troubleOf(instance)
    say(where, instance.host)
    say(id, `${instance.pid} · ${instance.version} · ${instance.id}`)
    id.title = `process ${instance.pid}, version ${instance.version}, id ${instance.id}`
    where.title = instance.host
    say(up, upSince(instance, at))
    up.title = instance.started
    showFigures(instance)
    mark(row, "condition", trouble === undefined ? "flows" : "down")
    mark(row, "silent", String(isSilent(instance)))
    say(state, trouble ?? (instance.lastError === "" ? "" : `last error: ${instance.lastError}`))
  }
  return { row, show }
}

/** What an actor is for, as it says of itself. */
const aboutRow = ({ summary, receives, sends, started }, columnCount) => {
  const inside = element(
    "td",
    "",
    element(
      "dl",
      "",
      definitions([
        ["does", summary],
        ["receives", receives],
        ["sends", sends],
        ["first started", moment(Date.parse(started))]
      ])
    )
  )
  inside.colSpan = columnCount
  return element("tr", "about", [inside])
}

const makeGroup = (name, isOpenAtFirst, onToggle) => {
  const toggle = element("button", "plain toggle", titleOf(name))
  toggle.type = "button"
  const runs = element("td", "runs")
  const state = element("td", "condition")
  const { cells, show: showFigures } = makeFigures()
  const head = element("th", "actor", [toggle])
  head.scope = "rowgroup"
  const row = element("tr", "group", [head, runs, ...cells, state])
  const members = element("tbody", "members")
  members.id = `instances-of-${name}`
  toggle.setAttribute("aria-controls", members.id)
  const made = new Map()
  let about
  let latest = []
  let isOpen = isOpenAtFirst

  const fill = (at) => {
    for (const [id, { row: gone }] of made) {
      if (latest.some((one) => one.id === id)) continue
      gone.remove()
      made.delete(id)
    }
    const oldest = latest.toSorted((a, b) => a.started.localeCompare(b.started))
    if (about === undefined && oldest[0] !== undefined) {
      about = aboutRow(oldest[0], columns.length + 3)
      members.append(about)
    }
    for (const one of oldest) {
      if (!made.has(one.id)) made.set(one.id, makeInstance())
      const { row: mine, show } = made.get(one.id)
      if (mine.parentElement === null) members.append(mine)
      show(one, at)
    }
  }

  const show = (instances, stage, at) => {
    latest = instances
    const there = instances.filter((one) => !isSilent(one))
    const ill = instances.map(troubleOf).filter((trouble) => trouble !== undefined)
    const alone = there.length === 1 ? ` · ${upSince(there[0], at)}` : ""
    say(runs, `${number(there.length)}${alone}`)
    showFigures(together(there))
    const condition = ill.length > 0 && stage?.condition !== "down" ? "stands still" : stage?.condition
    mark(row, "condition", condition ?? "idle")
    const told = ill.length > 0 ? `${number(ill.length)} of ${number(instances.length)}: ${ill[0]}` : ""
    say(state, told || stage?.condition || "answers")
    if (isOpen) fill(at)
  }

  const open = (now, at = Date.now()) => {
    isOpen = now
    toggle.setAttribute("aria-expanded", String(isOpen))
    members.hidden = !isOpen
    if (isOpen) fill(at)
  }
  toggle.addEventListener("click", () => {
    open(!isOpen)
    onToggle()
  })
  open(isOpenAtFirst)
  return { parts: [element("tbody", "heads", [row]), members], show, open, isOpen: () => isOpen }
}

/** What is open stays so until the tab is closed. */
const openKey = "spoor-open-actors"
const openBefore = () => new Set((sessionStorage.getItem(openKey) ?? "").split("\n"))

/** Fills the table; returns what shows the next view. */
export const makeInstances = (table, count, all) => {
  const groups = new Map()

  const remember = () => {
    const open = [...groups].filter(([, group]) => group.isOpen()).map(([name]) => name)
    sessionStorage.setItem(openKey, open.join("\n"))
    const isAll = groups.size > 0 && open.length === groups.size
    all.setAttribute("aria-expanded", String(isAll))
    say(all, isAll ? "Hide each" : "Show each")
  }
  all.addEventListener("click", () => {
    const isAll = all.getAttribute("aria-expanded") === "true"
    for (const group of groups.values()) group.open(!isAll)
    remember()
  })

  return ({ instances, stages, at }) => {
    const byName = Map.groupBy(instances, ({ name }) => name)
    const order = stages.map(({ name }) => name).filter((name) => byName.has(name))
    const names = [...order, ...[...byName.keys()].filter((name) => !order.includes(name)).toSorted()]
    if (names.join("\n") !== [...groups.keys()].join("\n")) {
      const before = new Map(groups)
      const wasOpen = openBefore()
      groups.clear()
      for (const name of names) {
        groups.set(name, before.get(name) ?? makeGroup(name, wasOpen.has(name), remember))
      }
      while (table.tBodies.length > 0) table.tBodies[0].remove()
      table.append(...[...groups.values()].flatMap(({ parts }) => parts))
      remember()
    }
    for (const [name, group] of groups) {
      group.show(
        byName.get(name),
        stages.find((stage) => stage.name === name),
        at
      )
    }
    const one = instances.length === 1
    say(
      count,
      `${number(instances.length)} ${one ? "instance" : "instances"} of ${number(names.length)} actors`
    )
  }
}
