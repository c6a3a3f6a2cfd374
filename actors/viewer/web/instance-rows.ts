/** The rows of the table of instances: for an instance, for the description of an actor, and for an actor. */
import type { InstanceView, StageView } from "../../inspect/pipeline/system-view.ts"
import { conditionName } from "./condition.ts"
import { definitions, element } from "./element.ts"
import { number, span } from "./format.ts"
import { combined, figureColumnCount, makeFigureCells } from "./instance-figures.ts"
import { titleOf } from "./stage-cards.ts"
import { moment } from "./times.ts"
import { setData, setText } from "./update-element.ts"

/** Time without a response after which an instance counts as silent, seconds. */
const silenceSeconds = 3

const isSilent = ({ silentFor }: InstanceView): boolean => silentFor >= silenceSeconds

/** The error of an instance; undefined without one. */
const troubleOf = (instance: InstanceView): string | undefined => {
  const { crash, isCrashed, silentFor } = instance
  if (isSilent(instance)) {
    const silence = `no answer for ${span(silentFor * 1000)}`
    return isCrashed === true ? `${silence}; ${crash}` : silence
  }
  if (isCrashed === true) return crash
  const unreachable = Object.entries(instance.troubles).map(([name, sentence]) => `${name}: ${sentence}`)
  return unreachable.length > 0 ? unreachable.join("; ") : undefined
}

/** What went wrong and is over. */
const pastOf = ({ crash, lastError }: InstanceView): string =>
  [...(crash === undefined ? [] : [crash]), ...(lastError === "" ? [] : [`last error: ${lastError}`])].join(
    "; "
  )

const uptime = ({ started }: InstanceView, at: number): string => `up ${span(at - Date.parse(started))}`

/** The row of one instance. */
export const makeInstanceRow = () => {
  const id = element("span", "id")
  const host = element("span", "where")
  const up = element("td", "runs")
  const state = element("td", "condition")
  const figures = makeFigureCells()
  const head = element("th", "one", [host, id])
  head.scope = "row"
  const row = element("tr", "instance", [head, up, ...figures.cells, state])
  const show = (instance: InstanceView, at: number): void => {
    const trouble = troubleOf(instance)
    setText(host, instance.host)
    setText(id, `${instance.pid} · ${instance.version} · ${instance.id}`)
    id.title = `process ${instance.pid}, version ${instance.version}, id ${instance.id}`
    host.title = instance.host
    setText(up, uptime(instance, at))
    up.title = instance.started
    figures.show(instance)
    setData(row, "condition", trouble === undefined ? "flowing" : "down")
    setData(row, "silent", String(isSilent(instance)))
    setText(state, trouble ?? pastOf(instance))
  }
  return { row, show }
}

/** The columns of the table. */
const columnCount = figureColumnCount + 3

/** The row with the description of an actor. */
export const aboutRow = ({ summary, receives, sends, started }: InstanceView): HTMLTableRowElement => {
  const list = definitions([
    ["does", summary],
    ["receives", receives],
    ["sends", sends],
    ["first started", moment(Date.parse(started))]
  ])
  const cell = element("td", "", element("dl", "", list))
  cell.colSpan = columnCount
  return element("tr", "about", [cell])
}

/** The row of an actor with the figures of all its instances; `toggle` is its button. */
export const makeActorRow = (name: string) => {
  const toggle = element("button", "plain toggle", titleOf(name))
  toggle.type = "button"
  const running = element("td", "runs")
  const state = element("td", "condition")
  const figures = makeFigureCells()
  const head = element("th", "actor", [toggle])
  head.scope = "rowgroup"
  const row = element("tr", "group", [head, running, ...figures.cells, state])

  const show = (instances: ReadonlyArray<InstanceView>, stage: StageView | undefined, at: number): void => {
    const answering = instances.filter((instance) => !isSilent(instance))
    const troubles = instances.flatMap((instance) => troubleOf(instance) ?? [])
    const [only, ...others] = answering
    const up = only !== undefined && others.length === 0 ? ` · ${uptime(only, at)}` : ""
    setText(running, `${number(answering.length)}${up}`)
    figures.show(combined(answering))
    const condition = stage === undefined ? undefined : conditionName(stage.condition)
    const isTroubled = troubles.length > 0 && condition !== "down"
    setData(row, "condition", isTroubled ? "stalled" : (condition ?? "idle"))
    const [first] = troubles
    const text =
      first === undefined
        ? (condition ?? "running")
        : `${number(troubles.length)} of ${number(instances.length)}: ${first}`
    setText(state, text)
  }
  return { row, toggle, show }
}
