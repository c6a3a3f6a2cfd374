/** The table of instances: a row for each actor with the figures of all its instances, and each instance on demand. */
import type { InstanceView, StageView, SystemView } from "../../inspect/pipeline/system-view.ts"
import { element } from "./element.ts"
import { number } from "./format.ts"
import { aboutRow, makeActorRow, makeInstanceRow } from "./instance-rows.ts"
import { setText } from "./update-element.ts"

/** An actor in the table. */
interface Group {
  /** Its row, and the rows of its instances. */
  readonly bodies: ReadonlyArray<HTMLElement>
  readonly show: (instances: ReadonlyArray<InstanceView>, stage: StageView | undefined, at: number) => void
  readonly setOpen: (isOpen: boolean) => void
  readonly isOpen: () => boolean
}

/** The rows of an actor's instances, oldest first. */
const makeMembers = (name: string) => {
  const body = element("tbody", "members")
  body.id = `instances-of-${name}`
  const rows = new Map<string, ReturnType<typeof makeInstanceRow>>()
  let about: HTMLTableRowElement | undefined

  const show = (instances: ReadonlyArray<InstanceView>, at: number): void => {
    for (const [id, { row }] of rows) {
      if (instances.some((instance) => instance.id === id)) continue
      row.remove()
      rows.delete(id)
    }
    const ordered = instances.toSorted((a, b) => a.started.localeCompare(b.started))
    const [oldest] = ordered
    if (about === undefined && oldest !== undefined) {
      about = aboutRow(oldest)
      body.append(about)
    }
    for (const instance of ordered) {
      const made = rows.get(instance.id) ?? makeInstanceRow()
      rows.set(instance.id, made)
      if (made.row.parentElement === null) body.append(made.row)
      made.show(instance, at)
    }
  }
  return { body, show }
}

const makeGroup = (name: string, isOpenAtFirst: boolean, onToggle: () => void): Group => {
  const actor = makeActorRow(name)
  const members = makeMembers(name)
  actor.toggle.setAttribute("aria-controls", members.body.id)
  let latest: ReadonlyArray<InstanceView> = []
  let isOpen = isOpenAtFirst

  const setOpen = (open: boolean): void => {
    isOpen = open
    actor.toggle.setAttribute("aria-expanded", String(isOpen))
    members.body.hidden = !isOpen
    if (isOpen) members.show(latest, Date.now())
  }
  actor.toggle.addEventListener("click", () => {
    setOpen(!isOpen)
    onToggle()
  })
  setOpen(isOpenAtFirst)
  return {
    bodies: [element("tbody", "heads", [actor.row]), members.body],
    show: (instances, stage, at) => {
      latest = instances
      actor.show(instances, stage, at)
      if (isOpen) members.show(instances, at)
    },
    setOpen,
    isOpen: () => isOpen
  }
}

/** Actors that are open stay open until the tab is closed. */
const storageKey = "spoor-open-actors"
const storedOpen = (): ReadonlySet<string> => new Set((sessionStorage.getItem(storageKey) ?? "").split("\n"))

/** The actors in the order of the flow, then the others by name. */
const namesInOrder = (
  stages: ReadonlyArray<StageView>,
  byName: ReadonlyMap<string, ReadonlyArray<InstanceView>>
): ReadonlyArray<string> => {
  const inFlow = stages.map(({ name }) => name).filter((name) => byName.has(name))
  return [...inFlow, ...[...byName.keys()].filter((name) => !inFlow.includes(name)).toSorted()]
}

/** Fills the table; `toggleAll` opens or closes all actors. Returns a function that shows the next view. */
export const makeInstances = (table: HTMLTableElement, count: HTMLElement, toggleAll: HTMLButtonElement) => {
  let groups: ReadonlyMap<string, Group> = new Map()

  const storeOpen = (): void => {
    const open = [...groups].filter(([, group]) => group.isOpen()).map(([name]) => name)
    sessionStorage.setItem(storageKey, open.join("\n"))
    const isAll = groups.size > 0 && open.length === groups.size
    toggleAll.setAttribute("aria-expanded", String(isAll))
    setText(toggleAll, isAll ? "Hide instances" : "Show instances")
  }
  toggleAll.addEventListener("click", () => {
    const isAll = toggleAll.getAttribute("aria-expanded") === "true"
    for (const group of groups.values()) group.setOpen(!isAll)
    storeOpen()
  })

  const rebuild = (names: ReadonlyArray<string>): void => {
    const open = storedOpen()
    groups = new Map(
      names.map((name) => [name, groups.get(name) ?? makeGroup(name, open.has(name), storeOpen)])
    )
    for (const body of [...table.tBodies]) body.remove()
    table.append(...[...groups.values()].flatMap(({ bodies }) => bodies))
    storeOpen()
  }

  return ({ instances, stages, at }: SystemView): void => {
    const byName = Map.groupBy(instances, ({ name }) => name)
    const names = namesInOrder(stages, byName)
    if (names.join("\n") !== [...groups.keys()].join("\n")) rebuild(names)
    for (const [name, group] of groups) {
      const stage = stages.find((one) => one.name === name)
      group.show(byName.get(name) ?? [], stage, at)
    }
    const noun = instances.length === 1 ? "instance" : "instances"
    setText(count, `${number(instances.length)} ${noun} of ${number(names.length)} actors`)
  }
}
