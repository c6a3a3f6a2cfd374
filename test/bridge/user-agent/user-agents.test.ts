/** User agents of public reports, each in a line of both dialects, through the record that Kafka gets. */
import { describe, expect, test } from "bun:test"
import { enrichEvent } from "../../../actors/transform/enrich-record.ts"
import { rememberDevices } from "../../../bridge/user-agent/device.ts"
import type { ByteString } from "../../../contracts/event.ts"
import { parseLine } from "../../../contracts/wire/line.ts"
import { parseRecord } from "../../../contracts/wire/record.ts"
import { settings } from "../../contracts/wire/vectors.ts"
import cases from "./user-agents.json" with { type: "json" }

interface Case {
  readonly ua: string
  readonly type?: string
  /** null: the record names no model. */
  readonly model?: string | null
  readonly platform?: string
}

const tools = {
  locate: () => ({ country: "XX", city: "XX" }),
  detect: rememberDevices(),
  keyParam: undefined
}

const metaOf = (line: string): Readonly<Record<string, string | undefined>> => {
  const parsed = parseLine(line as ByteString, settings, 0)
  if (parsed.kind === "unreadable") throw new Error(parsed.reason)
  return Object.fromEntries(parseRecord(enrichEvent(parsed.event, 0, tools).value)?.meta ?? [])
}

for (const { ua, type, model, platform } of cases as ReadonlyArray<Case>) {
  describe(ua, () => {
    const pushtech = metaOf(`8.8.8.8 1795206900000 trk.example.com nopod /t/a e ${ua}`)
    const adtekio = metaOf(`8.8.8.8 1795206900 clicks /t/a p ${ua}`)

    test("pushtech", () => {
      expect(pushtech.type).not.toBe("Bot")
      if (type !== undefined) expect(pushtech.type).toBe(type)
      if (platform !== undefined) expect(pushtech.os?.toLowerCase()).toBe(platform)
    })

    test("adtekio", () => {
      expect(adtekio.bot_name).toBe("")
      if (type !== undefined) expect(adtekio.device).toBe(type.toLowerCase())
      if (model === null) expect(adtekio.device_name).toBe("")
      if (platform !== undefined) expect(adtekio.platform).toBe(platform)
    })
  })
}

test("a curl that names its system keeps it in platform, by which consumers choose postbacks", () => {
  const platform = (ua: string) => metaOf(`8.8.8.8 1795206900 clicks /t/a p ${ua}`).platform
  expect(platform("curl/7.19.7 (x86_64-redhat-linux-gnu) libcurl/7.19.7")).toBe("linux")
  expect(platform("curl/8.4.0 (Linux; Android 13)")).toBe("android")
  expect(platform("curl/8.4.0 android")).toBe("android")
  expect(platform("curl/7.88.1")).toBe("")
})
