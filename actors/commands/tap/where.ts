/**
 * The conditions of the tap's `--where`, joined by `&`: `name` (the event has it), `name=value` (its value is this) or
 * `name~part` (its value contains this), in any case; `%26` is an `&` in a value. `country`, `device` and `address` are
 * fields of the event; any other name is that of a parameter, and `param.country` is the parameter of that name. It is the
 * viewer's filter for parameters with these three fields added. Pure.
 */
import { matches } from "../../inspect/events/filter.ts"
import type { EventView, Filter } from "../../inspect/events/messages.ts"

export interface Where {
  /** The part that the viewer can filter by. */
  readonly filter: Filter
  /** The rest: true for events that match it. */
  readonly holds: (event: EventView) => boolean
}

export const readWhere = (text: string): Where => {
  const conditions = text
    .split("&")
    .map((condition) => condition.trim())
    .filter((condition) => condition !== "")
  const onFields = conditions.flatMap((condition) => conditionOf(condition) ?? [])
  const param = conditions
    .filter((condition) => conditionOf(condition) === undefined)
    .map((condition) => condition.replace(/^param\.(?=(?:country|device|address)\s*(?:[=~]|$))/i, ""))
    .join("&")
  const equalTo = (name: string): string | undefined =>
    onFields.find((one) => one.name === name && one.sign === "=" && one.value !== "")?.value
  const [country, device] = [equalTo("country"), equalTo("device")]
  return {
    filter: {
      ...(param === "" ? {} : { param }),
      ...(country === undefined ? {} : { country }),
      ...(device === undefined ? {} : { device })
    },
    holds: (event) => onFields.every((one) => holdsFor(one, event))
  }
}

interface Condition {
  readonly name: "country" | "device" | "address"
  readonly sign: "" | "=" | "~"
  readonly value: string
}

/** A condition on one of the three fields; undefined for others. */
const conditionOf = (text: string): Condition | undefined => {
  const [, name, sign = "", value = ""] = /^(country|device|address)\s*(?:([=~])(.*))?$/is.exec(text) ?? []
  if (name === undefined) return undefined
  return {
    name: name.toLowerCase() as Condition["name"],
    sign: sign as Condition["sign"],
    value: decoded(value).trim()
  }
}

const holdsFor = ({ name, sign, value }: Condition, event: EventView): boolean => {
  const texts = name === "device" ? [event.deviceType, event.device] : [event[name]]
  if (sign === "") return texts.some((text) => text !== "")
  if (sign === "~") return texts.some((text) => text.toLowerCase().includes(value.toLowerCase()))
  // The viewer's filter knows other names of devices, such as phone.
  if (name === "device" && value !== "") return matches({ device: value })(event)
  return texts.some((text) => text.toLowerCase() === value.toLowerCase())
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
