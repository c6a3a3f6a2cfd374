/** Which device sent an event, read from its user agent with ua-parser-js and isbot. The only file that knows them. */
import { createIsbotFromList, getPattern, list } from "isbot"
import { UAParser } from "ua-parser-js"
import { remember } from "../../bridge/remember.ts"
import type { Bytes } from "../../contracts/event.ts"
import type { Device, DeviceType } from "../../contracts/wire/enrichment.ts"
import { deviceMeta } from "../../contracts/wire/record.ts"
import { shortOsName, typeOfOs } from "./os.ts"
import { plainBrowser } from "./plain-browser.ts"

/**
 * What is read of a user agent, in characters, so that neither the work per event nor the memory is the client's to
 * choose. The parser itself reads no more than 500; the rest is for bots that give their name late.
 */
const longest = 1024

/** What is remembered of user agents, in characters, so that a flood of long ones takes no more than usual ones do. */
const mostCharacters = 16 * 1024 * 1024

/** So many different devices are kept once, however many user agents tell of them. */
const mostShared = 10_000

/**
 * Detection that remembers: at least the last `size` different user agents (16 MiB of them), never more than twice that.
 * Never throws.
 */
export const rememberDevices = (size = 100_000): ((userAgent: Bytes) => Device) => {
  const shared = new Map<string, Device>()
  const look = (userAgent: Bytes): Device => {
    const device = detectDevice(userAgent)
    const meta = deviceMeta(device)
    const all = `${meta} ${device.model} ${device.botName}`
    const known = shared.get(all)
    if (known !== undefined) return known
    if (shared.size >= Math.min(size, mostShared)) shared.clear()
    const written = { ...device, meta }
    shared.set(all, written)
    return written
  }
  const detect = remember(size, look, mostCharacters)
  return (userAgent) =>
    detect(userAgent.length > longest ? (userAgent.slice(0, longest) as Bytes) : userAgent)
}

const unknown = {
  type: "Unknown",
  browser: "" as Bytes,
  engine: "" as Bytes,
  version: "" as Bytes,
  os: "" as Bytes,
  model: "" as Bytes,
  botName: "" as Bytes
} satisfies Device

/** The device behind a user agent; `Unknown` when there is none, which spaces alone are not either. */
const detectDevice = (userAgent: Bytes): Device => {
  if (userAgent.trim() === "") return unknown
  const parser = new UAParser(userAgent)
  const browser = plainBrowser(userAgent) ?? parser.getBrowser()
  const { type, model } = parser.getDevice()
  const os = shortOsName(parser.getOS().name, userAgent)
  const bot = botIn(userAgent, type !== undefined || os !== "")
  return {
    type: bot !== undefined ? "Bot" : (types[type ?? ""] ?? typeOfOs(os) ?? "Desktop"),
    browser: (browser.name ?? "") as Bytes,
    engine: (parser.getEngine().name ?? "") as Bytes,
    version: (browser.version ?? "") as Bytes,
    os: os as Bytes,
    model: (model ?? "") as Bytes,
    botName: (bot ?? "") as Bytes
  }
}

/** The parser's types; what it calls embedded (cars, loudspeakers) has none of ours. */
const types: Readonly<Record<string, DeviceType>> = {
  console: "Console",
  mobile: "Mobile",
  tablet: "Tablet",
  smarttv: "TV",
  wearable: "Wearable"
}

/** Without isbot's patterns for strings that merely look too simple for a browser's. */
const hasBotWord = createIsbotFromList(list.filter((pattern) => !/^\^(?:\[|\\[wd])/.test(pattern)))

/**
 * The name of the bot (empty when it gives none), or undefined when it is no bot. A string that only looks too simple
 * is not taken for a bot when the parser has recognised a device or a system in it: that is an app's own user agent.
 */
const botIn = (userAgent: Bytes, isRecognised: boolean): string | undefined => {
  const match = getPattern().exec(userAgent)
  if (match === null || (isRecognised && !hasBotWord(userAgent))) return undefined
  return nameAround(userAgent, match.index, match[0].length)
}

/** The product name that the match stands in: `Googlebot` of `Googlebot/2.1`. Without a version it is no product's name. */
const nameAround = (userAgent: string, index: number, length: number): string => {
  const before = /[\w.-]*$/.exec(userAgent.slice(0, index))?.[0].length ?? 0
  const product = /^([A-Za-z][\w.-]*)\/v?\d/.exec(userAgent.slice(index - before))
  return length > 0 ? (product?.[1] ?? "") : ""
}
