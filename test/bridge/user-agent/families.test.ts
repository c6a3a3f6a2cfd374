/** The type of each family's user agents, and what else of a device was once read wrong: model, name of a bot, system. */
import { describe, expect, test } from "bun:test"
import { rememberDevices } from "../../../bridge/user-agent/device.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { families } from "./families.ts"

const detect = rememberDevices()
const device = (userAgent: string) => detect(userAgent as ByteString)

for (const [family, [type, userAgents]] of Object.entries(families)) {
  describe(family, () => {
    for (const userAgent of userAgents) test(userAgent, () => expect(device(userAgent).type).toBe(type))
  })
}

describe("a model is only what a device names as its model", () => {
  const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)"
  for (const [place, model] of [
    ["Android 10; K", ""],
    ["Android 14; Pixel 8", "Pixel 8"],
    ["Android 13; SM-A536B Build/TP1A", "SM-A536B"]
  ] as const) {
    test(place, () => {
      const { model: read } = device(
        `Mozilla/5.0 (Linux; ${place}) ${webkit} Chrome/131.0.0.0 Mobile Safari/537.36`
      )
      expect<string>(read).toBe(model)
    })
  }
})

describe("a bot has its own name, never that of the browser it claims to be", () => {
  for (const [userAgent, name] of [
    ["Mozilla/5.0 (compatible; SputnikBot/2.2)", "SputnikBot"],
    ["Mozilla/5.0 (compatible; FirecrawlAgent/1.0)", "FirecrawlAgent"],
    ["Mozilla/5.0+(compatible;+PiplBot;+http://www.pipl.com/bot/)", "PiplBot"],
    ["Mozilla/5.0 researchscan.example.com", ""],
    ["curl/7.88.1", "curl"]
  ] as const) {
    test(userAgent, () =>
      expect(device(userAgent)).toMatchObject({ type: "Bot", botName: name as ByteString })
    )
  }
})

describe("the system is found where only its bare name stands", () => {
  for (const [userAgent, os] of [
    ["curl/7.19.7 (x86_64-redhat-linux-gnu) libcurl/7.19.7", "Linux"],
    ["curl/8.4.0 (Android 13)", "Android"],
    ["curl/7.54.0 (x86_64-apple-darwin17.0)", "Mac"],
    ["curl/7.83.1 (Windows)", "Windows"],
    ["Wget/1.21 (linux-gnu)", "Linux"],
    ["okhttp/4.12.0", "Android"],
    ["MyShop_okhttp/4.9.1", "Android"],
    ["MyTool/1.0 (Ubuntu 22.04)", "Linux"],
    ["Ubuntu Chromium/65.0", "Linux"],
    ["Mozilla/5.0 (Ubuntu; X11; rv:8.0) Gecko Firefox/8.0", "Linux"],
    [
      "UCWEB/2.0 (MIDP-2.0; U; Adr 4.4.2; en-US; Venus_4) U2/1.0.0 UCBrowser/10.7.8.806 U2/1.0.0 Mobile",
      "Android"
    ],
    ["Darwin/25.6.0 (Watch7,15; watchOS 26.6) MyTracker/7.8.0", "watchOS"],
    ["Microsoft Office Excel/16.112.817 (Mac OS/26.5.2; Desktop; en-US; AppStore; Apple/Mac16,12)", "Mac"],
    [
      "Mozilla/5.0 (Linux; Android 6.0; Winnovo M866) AppleWebKit/537.36 (KHTML, like Gecko) Safari/537.36",
      "Android"
    ],
    ["curl/7.88.1", ""]
  ] as const) {
    test(userAgent, () => expect<string>(device(userAgent).os).toBe(os))
  }
})
