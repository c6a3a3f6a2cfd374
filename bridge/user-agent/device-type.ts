/** The type of a device, by the rules of device-rules.ts and the models of device-models.ts. */
import type { DeviceType } from "../../contracts/wire/enrichment.ts"
import { type Models, modelBeginnings, modelNames, modelShapes } from "./device-models.ts"
import { appRules, lastRules, modelRules, type Rules, textRules } from "./device-rules.ts"

type Find = (text: string) => DeviceType | undefined

/** One pattern for all types, because most texts match none; a second search finds the type. */
const finderOf = (rules: Rules): Find => {
  const sources = rules.map(([type, patterns]) => [type, Object.values(patterns).join("|")] as const)
  const any = new RegExp(sources.map(([, source]) => source).join("|"), "i")
  const each = sources.map(([type, source]) => [type, new RegExp(source, "i")] as const)
  return (text) => (any.test(text) ? each.find(([, pattern]) => pattern.test(text))?.[0] : undefined)
}

const typesByName = (models: Models): ReadonlyMap<string, DeviceType> =>
  new Map(
    Object.entries(models).flatMap(([type, lines]) =>
      lines.flatMap((line) => line.split("|").map((name) => [name, type as DeviceType] as const))
    )
  )

const names = typesByName(modelNames)
const beginnings = typesByName(modelBeginnings)
const shapes = typesByName(modelShapes)
const longestBeginning = Math.max(...[...beginnings.keys(), ...shapes.keys()].map((name) => name.length))

/** Regions at the end of a model's name; the model is the same. */
const region = /(?<=..) (?:eea|ru|row|gms|us|tr|eu|global)$/

const findInTable: Find = (name) => {
  const whole = names.get(name)
  if (whole !== undefined) return whole
  const shape = name.replace(/\d/g, "0")
  for (let end = Math.min(name.length, longestBeginning); end > 2; end--) {
    const type = beginnings.get(name.slice(0, end)) ?? shapes.get(shape.slice(0, end))
    if (type !== undefined) return type
  }
  return undefined
}

const findInModel = finderOf(modelRules)

/** The type that an unambiguous word in the user agent defines. */
export const typeByWord: Find = finderOf(textRules)

/** The type of an Android model; undefined for an unknown one. */
export const typeByModel: Find = (model) => {
  const name = model.toLowerCase().replaceAll("_", " ").trim()
  return findInTable(name.replace(region, "")) ?? findInModel(name)
}

/** The type that an app reports; it takes precedence over the rest of the user agent. */
export const typeByApp: Find = finderOf(appRules)

/** The likely type, for user agents without a type from the parser. */
export const likelyType: Find = finderOf(lastRules)
