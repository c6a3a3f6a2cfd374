/** The result of a dry run of a line. */
import { definitions, element } from "./element.ts"
import { scrollingText } from "./scrolling-text.ts"
import type { DryRunView } from "./viewer-api.ts"

export const showDryRun = (place: HTMLElement, result: DryRunView): void => {
  if (result.kind === "dead") {
    const { reason, stage, detail } = result
    const text = `It would be dead-lettered again by the ${stage}: "${reason}".`
    place.replaceChildren(
      element("p", "trouble", text),
      ...(detail === "" ? [] : [scrollingText("Detail", detail)])
    )
    return
  }
  if (result.kind === "delivery") {
    const { rule, target, isPossible, requests } = result
    const text = isPossible
      ? `The delivery of rule ${rule} to ${target} would be tried again, and send this.`
      : `The delivery of rule ${rule} to ${target} would fail again.`
    place.replaceChildren(
      element("p", isPossible ? "good" : "trouble", text),
      scrollingText("What it sends", requests)
    )
    return
  }
  const { topic, isTopicUnknown, record, key } = result
  const note = isTopicUnknown ? " The topic that the line names is not allowed." : ""
  place.replaceChildren(
    element("p", "good", `It would be stored in topic ${topic} as this record.${note}`),
    scrollingText("Record", record),
    element("dl", "", definitions([["key", key === "" ? "none" : key]]))
  )
}
