/** The legend of a chart: a key per line with its colour and value, which shows or hides the line. */
import { element } from "./element.ts"
import { explained } from "./glossary.ts"
import { hueOf, hueStep, setHue } from "./hue.ts"
import { inert } from "./inert-text.ts"

/** Minimum distance of the hues of two lines while enough hues are free, degrees. */
const minHueDistance = 20

/** Longer names are cut, characters. */
const maxNameLength = 80

export interface LegendKey {
  readonly place: HTMLElement
  readonly hue: number | undefined
  readonly isShown: () => boolean
  readonly colour: () => string
  readonly value: () => string
  readonly setValue: (text: string) => void
}

const distance = (a: number, b: number): number => {
  const difference = Math.abs(a - b)
  return Math.min(difference, 360 - difference)
}

/** The sum of all other lines, which has no colour of its own. */
export const isRest = (name: string): boolean => name.startsWith("(")

/** The hue of the name, or the next one that is far enough from the others. */
const freeHue = (name: string, others: ReadonlyArray<LegendKey>): number | undefined => {
  if (isRest(name)) return undefined
  const first = hueOf(name)
  const hues = Array.from({ length: 360 / hueStep }, (_, index) => (first + index * hueStep) % 360)
  const isFree = (hue: number): boolean =>
    others.every((other) => other.hue === undefined || distance(other.hue, hue) >= minHueDistance)
  return hues.find(isFree) ?? first
}

const makeKey = (name: string, hue: number | undefined, onToggle: () => void): LegendKey => {
  const swatch = element("span", "swatch")
  setHue(swatch, hue)
  const value = element("span", "value", "–")
  const place = element("button", "plain key", [
    swatch,
    element("span", "name", explained(name, inert(name, maxNameLength))),
    value
  ])
  place.type = "button"
  place.setAttribute("aria-pressed", "true")
  const isShown = (): boolean => place.getAttribute("aria-pressed") === "true"
  place.addEventListener("click", () => {
    place.setAttribute("aria-pressed", String(!isShown()))
    onToggle()
  })
  return {
    place,
    hue,
    isShown,
    colour: () => getComputedStyle(swatch).color,
    value: () => value.textContent ?? "",
    setValue: (text) => {
      value.textContent = text
    }
  }
}

export interface Legend {
  readonly place: HTMLElement
  /** Shows the keys of these names; a name that was shown before keeps its key. Returns false when nothing changes. */
  readonly setNames: (names: ReadonlyArray<string>) => boolean
  readonly names: () => ReadonlyArray<string>
  /** The key of a name. Throws when it has none. */
  readonly key: (name: string) => LegendKey
}

/** An empty legend; `onToggle` is called when a line is shown or hidden. */
export const makeLegend = (label: string, onToggle: () => void): Legend => {
  const place = element("div", "keys")
  place.setAttribute("role", "group")
  place.setAttribute("aria-label", label)
  let keys: ReadonlyMap<string, LegendKey> = new Map()

  const setNames = (names: ReadonlyArray<string>): boolean => {
    if (names.join("\n") === [...keys.keys()].join("\n")) return false
    const kept = names.flatMap((name) => keys.get(name) ?? [])
    const next = new Map<string, LegendKey>()
    for (const name of names)
      next.set(name, keys.get(name) ?? makeKey(name, freeHue(name, [...kept, ...next.values()]), onToggle))
    keys = next
    place.replaceChildren(...[...keys.values()].map((key) => key.place))
    return true
  }

  return {
    place,
    setNames,
    names: () => [...keys.keys()],
    key: (name) => {
      const key = keys.get(name)
      if (key === undefined) throw new Error(`The legend has no key "${name}".`)
      return key
    }
  }
}
