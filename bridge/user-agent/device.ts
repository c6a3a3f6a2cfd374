/** Which device sent an event, read from its user agent with ua-parser-js, the only file that knows it, and the rules beside. */
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
export const rememberDevices = (size = 100_000): ((userAgent: ByteString) => Device) => {
  const shared = boundedMap<string, Device>(Math.min(size, mostShared))
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
  const detect = remember(size, look, mostCharacters)
  return (userAgent) =>
    detect(userAgent.length > longest ? (userAgent.slice(0, longest) as ByteString) : userAgent)
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

/** The device behind a user agent; `Unknown` when there is none, which spaces alone are not either. */
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

/** Types that a rule finds by words that stand for nothing else. */
const appliances = new Set<DeviceType | undefined>(["TV", "Console", "Wearable"])

/** The parser's types; what it calls embedded (cars, loudspeakers) has none of ours. */
const types: Readonly<Record<string, DeviceType>> = {
  console: "Console",
  mobile: "Mobile",
  tablet: "Tablet",
  smarttv: "TV",
  wearable: "Wearable"
}
