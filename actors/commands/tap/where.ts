/**
 * What `--where` of the tap says: conditions joined by `&`, each `name` (the event has it), `name=value` (it is that) or
 * `name~part` (it contains that), in any case; `%26` is an `&` that is meant. A name is that of a parameter, except
 * `country`, `device` and `address`, which are what Spoor knows of the event; a parameter that is named so is written
 * `param.country`. So it is the viewer's filter for parameters, and these three beside it.
 */
import { matches } from "../../inspect/events/filter.ts"
import type { EventView, Filter } from "../../inspect/events/messages.ts"

export interface Where {
  /** What the viewer can look for itself. */
  readonly filter: Filter
  /** All of it that the viewer cannot look for. */
  readonly holds: (event: EventView) => boolean
}

export const readWhere = (text: string): Where => {
  const conditions = text
    .split("&")
    .map((piece) => piece.trim())
    .filter((piece) => piece !== "")
  const own = conditions.flatMap((piece) => conditionOf(piece) ?? [])
  const param = conditions
    .filter((piece) => conditionOf(piece) === undefined)
    .map((piece) => piece.replace(/^param\.(?=(?:country|device|address)\s*(?:[=~]|$))/i, ""))
    .join("&")
  const whole = (name: string): string | undefined =>
    own.find((one) => one.name === name && one.sign === "=" && one.value !== "")?.value
  const [country, device] = [whole("country"), whole("device")]
  return {
    filter: {
      ...(param === "" ? {} : { param }),
      ...(country === undefined ? {} : { country }),
      ...(device === undefined ? {} : { device })
    },
    holds: (event) => own.every((one) => holdsFor(one, event))
  }
}

interface Condition {
  readonly name: "country" | "device" | "address"
  readonly sign: "" | "=" | "~"
  readonly value: string
}

/** A condition on one of the three. */
const conditionOf = (piece: string): Condition | undefined => {
  const [, name, sign = "", value = ""] = /^(country|device|address)\s*(?:([=~])(.*))?$/is.exec(piece) ?? []
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
  // People say phone, and the viewer's filter knows what they mean.
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
