import { describe, expect, test } from "bun:test"
import { Schema } from "effect"
import { rememberDevices } from "../../bridge/user-agent/device.ts"
import { CampaignLink, newLink, platforms, windowSeconds } from "../../contracts/campaign-link.ts"
import type { ByteString } from "../../contracts/event.ts"
import { schemesOf, storeSchemes } from "../../contracts/link-target.ts"

const decode = Schema.decodeUnknownSync(newLink(schemesOf(storeSchemes)))
const there = { default: "https://example.com/" }

describe("windows", () => {
  const windows: ReadonlyArray<readonly [written: unknown, stored: string, seconds: number]> = [
    [7, "7 days", 604_800],
    [0, "0 days", 0],
    [0.5, "0.5 days", 43_200],
    ["36 hours", "36 hours", 129_600],
    ["1 day", "1 day", 86_400],
    [366, "366 days", 31_622_400]
  ]
  for (const [written, stored, seconds] of windows) {
    test(`${JSON.stringify(written)} is ${seconds} seconds`, () => {
      const link = decode({ ...there, click_lookback: written, view_lookback: written })
      expect(link.click_lookback).toBe(stored)
      expect(windowSeconds(stored)).toBe(seconds)
      expect(decode({ ...there, click_lookback: link.click_lookback }).click_lookback).toBe(stored)
    })
  }
  for (const written of [-1, 367, "7", "", "soon", "Infinity", "-1 days", "400 days", null, {}, Number.NaN]) {
    test(`${JSON.stringify(written)} is invalid`, () =>
      expect(() => decode({ ...there, click_lookback: written })).toThrow())
  }
})

test("a link is stored as it is returned, and reading it again changes nothing", () => {
  const sent = {
    id: "summer",
    urls: { ios: "HTTPS://Example.com", "chrome os": "https://bücher.example" },
    campaign: "Sommer 🌞",
    click_lookback: 7,
    params: { creative: "blue" }
  }
  const link = decode(sent)
  expect(link).toEqual({
    id: "summer",
    urls: { ios: "https://example.com/", "chrome os": "https://xn--bcher-kva.example/" },
    campaign: "Sommer 🌞",
    click_lookback: "7 days",
    params: { creative: "blue" }
  })
  expect(decode(JSON.parse(JSON.stringify(link)))).toEqual(link)
  const json = Schema.fromJsonString(CampaignLink)
  expect(Schema.decodeUnknownSync(json)(Schema.encodeSync(json)({ ...link, id: "summer" }))).toEqual({
    ...link,
    id: "summer"
  })
})

test("a link has a target, and is not too large", () => {
  for (const nowhere of [{}, { urls: {} }, { campaign: "x" }])
    expect(() => decode(nowhere)).toThrow(/must have a target/)
  const texts = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`p${i}`, "x".repeat(500)]))
  expect(() => decode({ ...there, params: texts, campaign: "y".repeat(200) })).toThrow(/16384/)
})

test("every platform is one that the enricher detects", () => {
  const userAgents: Readonly<Record<(typeof platforms)[number], string>> = {
    ios: "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    android:
      "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile Safari/537.36",
    mac: "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36",
    windows:
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36",
    linux: "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:126.0) Gecko/20100101 Firefox/126.0",
    "chrome os":
      "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Safari/537.36",
    harmonyos:
      "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile",
    kaios: "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5",
    "windows phone":
      "Mozilla/5.0 (compatible; MSIE 10.0; Windows Phone 8.0; Trident/6.0; IEMobile/10.0; ARM; Touch; NOKIA; Lumia 920)",
    tizen:
      "Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36",
    webos:
      "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/94.0.4606.128 Safari/537.36 WebAppManager"
  }
  const deviceOf = rememberDevices()
  expect(platforms.map((platform) => deviceOf(userAgents[platform] as ByteString).os.toLowerCase())).toEqual([
    ...platforms
  ])
})
