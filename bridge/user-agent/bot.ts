/** Detects bots and their names in user agents, with isbot. The only file that imports isbot. */
import { createIsbotFromList, getPattern, list } from "isbot"
import { moreBots, nobodysNames, notBots, sureBots } from "./bot-rules.ts"

const oneOf = (patterns: Readonly<Record<string, string>>, flags: string): RegExp =>
  new RegExp(Object.values(patterns).join("|"), flags)

const pattern = getPattern()
const more = oneOf(moreBots, "i")
const cut = oneOf(notBots, "gi")
const sure = new RegExp(sureBots, "i")

/** isbot's patterns without those for strings that are only unusually short or unusual for a browser. */
const looks = /^\^(?:\[|\\[wd])|^\\b\\w\+\/1|^;|^\\\(\\\)$|^\\\|$/
const hasBotWord = createIsbotFromList(list.filter((source) => !looks.test(source)))

/** Other findings about a user agent. */
export interface Known {
  /** The parser or a rule found a device or a system. */
  readonly isRecognised: boolean
  /** It is a television, a console or a watch. */
  readonly isAppliance: boolean
  readonly model: string
}

/**
 * The name of the bot (empty without one); undefined for any other client. An unusually short string is not a bot when a
 * device or a system is known: it is the user agent of an app.
 */
export const botIn = (userAgent: string, known: Known): string | undefined => {
  const unlisted = more.exec(userAgent)
  if (unlisted !== null) return nameAround(userAgent, unlisted.index, unlisted[0].length)
  const match = pattern.exec(userAgent)
  if (match === null || (known.isAppliance && !sure.test(userAgent))) return undefined
  const rest = (known.model === "" ? userAgent : userAgent.replace(known.model, "")).replace(cut, "")
  const isBot = known.isRecognised ? hasBotWord(rest) : pattern.test(rest)
  return isBot ? nameAround(userAgent, match.index, match[0].length) : undefined
}

/** The product name around the match: `Googlebot` of `Googlebot/2.1`. A product name has a version. */
const nameAround = (userAgent: string, index: number, length: number): string => {
  const before = /[\w.-]*$/.exec(userAgent.slice(0, index))?.[0].length ?? 0
  const product = /^([A-Za-z][\w.-]*)\/v?\d/.exec(userAgent.slice(index - before))?.[1] ?? ""
  if (length === 0) return ""
  return nobodysNames.has(product.toLowerCase()) ? nameInside(userAgent) : product
}

/** The name in `Mozilla/5.0 (compatible; name/version)`. */
const nameInside = (userAgent: string): string =>
  /\bcompatible;[ +]*([A-Za-z][\w.-]*)/.exec(userAgent)?.[1] ?? ""
