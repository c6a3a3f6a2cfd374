/** A link for tests of clicks, and a parser for their lines. */
import { createHash } from "node:crypto"
import type { ByteString } from "../../../contracts/event.ts"
import { Topic } from "../../../contracts/ids.ts"
import { parseLine } from "../../../contracts/wire/line.ts"
import { parseParams } from "../../../contracts/wire/params.ts"
import { linkGateway } from "./gateway.ts"

export const md5 = (text: string): string => createHash("md5").update(text).digest("hex")

const summer = {
  id: "summer",
  urls: { ios: "https://apps.apple.com/app/id1", android: "market://details?id=com.example" },
  default: "https://example.com/app",
  fallback: "https://example.com/",
  campaign: "summer & sun",
  adgroup: "a",
  ad: "b",
  network: "mailing",
  click_lookback: "7 days",
  view_lookback: "36 hours",
  params: { creative: "blue" }
}

export const withSummer = async (given: Parameters<typeof linkGateway>[0] = {}) => {
  const gateway = linkGateway(given)
  await gateway.store.put(summer)
  return gateway
}

const topics = { topic: Topic.make("events"), topics: new Set(["clicks"]) }

/** The line as the drainer reads it. */
export const eventIn = (line: string | undefined) => {
  const parsed = parseLine((line ?? "") as ByteString, topics, 0)
  if (parsed.kind !== "event") throw new Error(`${line} is no event`)
  return parsed.event
}

export const paramsIn = (line: string | undefined) => parseParams(eventIn(line).query)
