/** What would become of a line, in plain words. */
import { definitions, element } from "/page/frame.js"

export const showTrial = (place, trial) => {
  if (trial.kind === "dead") {
    place.replaceChildren(
      element("p", "trouble", `It would be set aside again: "${trial.reason}", says the ${trial.stage}.`),
      ...(trial.detail === "" ? [] : [element("pre", "", trial.detail)])
    )
    return
  }
  const renamed = trial.isTopicUnknown ? " The topic that it names is not allowed." : ""
  place.replaceChildren(
    element("p", "good", `It would be stored in topic ${trial.topic} as this record.${renamed}`),
    element("pre", "", trial.record),
    element("dl", "", definitions([["key", trial.key === "" ? "none" : trial.key]]))
  )
}
