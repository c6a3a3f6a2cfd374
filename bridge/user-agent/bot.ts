/** Whether a user agent is a bot's, and which name it gives, read with isbot. The only file that knows isbot. */
import { createIsbotFromList, getPattern, list } from "isbot"
import { moreBots, nobodysNames, notBots, sureBots } from "./bot-rules.ts"

const oneOf = (patterns: Readonly<Record<string, string>>, flags: string): RegExp =>
  new RegExp(Object.values(patterns).join("|"), flags)

const pattern = getPattern()
const more = oneOf(moreBots, "i")
const cut = oneOf(notBots, "gi")
const sure = new RegExp(sureBots, "i")

/** Without isbot's patterns for strings that merely look too simple, or too odd, for a browser's. */
const looks = /^\^(?:\[|\\[wd])|^\\b\\w\+\/1|^;|^\\\(\\\)$|^\\\|$/
const hasBotWord = createIsbotFromList(list.filter((source) => !looks.test(source)))

/** What is known of a user agent beside the question whether it is a bot's. */
export interface Known {
  /** The parser or a rule has found a device or a system in it. */
  readonly isRecognised: boolean
  /** It is a television, a console or a watch. */
  readonly isAppliance: boolean
  readonly model: string
}

/**
 * The name of the bot (empty when it gives none), or undefined when it is no bot. A string that only looks too simple
 * is not taken for a bot when a device or a system is known: that is an app's own user agent.
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

/** The product name that the match stands in: `Googlebot` of `Googlebot/2.1`. Without a version it is no product's name. */
const nameAround = (userAgent: string, index: number, length: number): string => {
  const before = /[\w.-]*$/.exec(userAgent.slice(0, index))?.[0].length ?? 0
  const product = /^([A-Za-z][\w.-]*)\/v?\d/.exec(userAgent.slice(index - before))?.[1] ?? ""
  if (length === 0) return ""
  return nobodysNames.has(product.toLowerCase()) ? nameInside(userAgent) : product
}

/** The name of a bot that says `Mozilla/5.0 (compatible; name/version)`. */
const nameInside = (userAgent: string): string =>
  /\bcompatible;[ +]*([A-Za-z][\w.-]*)/.exec(userAgent)?.[1] ?? ""
