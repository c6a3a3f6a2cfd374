/** Detects the device from a user agent, with ua-parser-js and the rules of this folder. The only file that imports ua-parser-js. */
import { UAParser } from "ua-parser-js"
import type { ByteString } from "../../contracts/event.ts"
import type { Device, DeviceType } from "../../contracts/wire/enrichment.ts"
import { deviceMeta } from "../../contracts/wire/record.ts"
import { boundedMap, remember } from "../bounded-cache.ts"
import { androidModel, modelOf } from "./android-model.ts"
import { botIn } from "./bot.ts"
import { plainBrowser } from "./common-browsers.ts"
import { likelyType, typeByApp, typeByModel, typeByWord } from "./device-type.ts"
import { shortOsName, typeOfOs } from "./os.ts"

/**
 * Characters of a user agent that are read, so that clients cannot choose the work per event or the memory. The parser
 * reads 500; the rest is for bots with a late name.
 */
const maxCharacters = 1024

/** Characters of all cached user agents, so that many long ones take no more memory than usual ones. */
const maxCachedCharacters = 16 * 1024 * 1024

/** Different devices that are shared by their user agents. */
const maxDevices = 10_000

/**
 * Detection with a cache of at least the last `size` different user agents (up to 16 MiB), at most twice as many. Never
 * throws.
 */
export const rememberDevices = (size = 100_000): ((userAgent: ByteString) => Device) => {
  const shared = boundedMap<string, Device>(Math.min(size, maxDevices))
  const look = (userAgent: ByteString): Device => {
    const device = detectDevice(userAgent)
    const meta = deviceMeta(device)
    const all = `${meta} ${device.model} ${device.botName}`
    const known = shared.get(all)
    if (known !== undefined) return known
    const written = { ...device, meta }
    shared.set(all, written)
    return written
  }
  const detect = remember(size, look, maxCachedCharacters)
  return (userAgent) =>
    detect(userAgent.length > maxCharacters ? (userAgent.slice(0, maxCharacters) as ByteString) : userAgent)
}

const unknown = {
  type: "Unknown",
  browser: "" as ByteString,
  engine: "" as ByteString,
  version: "" as ByteString,
  os: "" as ByteString,
  model: "" as ByteString,
  botName: "" as ByteString
} satisfies Device

/** The device of a user agent; `Unknown` for an empty or blank one. */
const detectDevice = (userAgent: ByteString): Device => {
  if (userAgent.trim() === "") return unknown
  const parser = new UAParser(userAgent)
  const plain = plainBrowser(userAgent)
  const browser = plain ?? parser.getBrowser()
  const device = parser.getDevice()
  const os = shortOsName(parser.getOS().name, userAgent)
  const model = androidModel(userAgent)
  const parsed = types[device.type ?? ""]
  const byModel = model === "" ? undefined : typeByModel(model)
  const word = plain === undefined ? typeByWord(userAgent) : undefined
  const type =
    word ??
    byModel ??
    (plain === undefined ? (typeByApp(userAgent) ?? parsed ?? likelyType(userAgent)) : parsed)
  const bot =
    plain === undefined
      ? botIn(userAgent, {
          isRecognised: type !== undefined || os !== "",
          isAppliance: appliances.has(word ?? byModel),
          model
        })
      : undefined
  return {
    type: bot !== undefined ? "Bot" : (type ?? typeOfOs(os) ?? "Desktop"),
    browser: (browser.name ?? "") as ByteString,
    engine: (parser.getEngine().name ?? "") as ByteString,
    version: (browser.version ?? "") as ByteString,
    os: os as ByteString,
    model: modelOf(device.model) as ByteString,
    botName: (bot ?? "") as ByteString
  }
}

/** Types that unambiguous words of a rule define. */
const appliances = new Set<DeviceType | undefined>(["TV", "Console", "Wearable"])

/** The parser's types; its type embedded (cars, loudspeakers) has no equivalent. */
const types: Readonly<Record<string, DeviceType>> = {
  console: "Console",
  mobile: "Mobile",
  tablet: "Tablet",
  smarttv: "TV",
  wearable: "Wearable"
}
