/** The devices of real user agents, and that detection never fails for any input. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { rememberDevices } from "../../../bridge/user-agent/device.ts"
import type { ByteString } from "../../../contracts/event.ts"

const detect = rememberDevices()
const device = (userAgent: string) => detect(userAgent as ByteString)

const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)"
const cases: ReadonlyArray<readonly [userAgent: string, expected: Record<string, string>]> = [
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.12; rv:56.0) Gecko/20100101 Firefox/56.0",
    { type: "Desktop", browser: "Firefox", engine: "Gecko", version: "56.0", os: "Mac" }
  ],
  [
    `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/120.0.0.0 Safari/537.36 Edg/120.0.0.0`,
    { type: "Desktop", browser: "Edge", engine: "Blink", os: "Windows" }
  ],
  [
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
    { type: "Desktop", os: "Linux" }
  ],
  [
    `Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${webkit} Chrome/120.0.0.0 Safari/537.36`,
    { type: "Desktop", os: "Chrome OS" }
  ],
  [
    `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${webkit} Chrome/120.0.0.0 Mobile Safari/537.36`,
    { type: "Mobile", browser: "Chrome", os: "Android", model: "Pixel 8" }
  ],
  [
    "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
    { type: "Tablet", os: "iOS", model: "iPad" }
  ],
  [
    `Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) ${webkit} SamsungBrowser/4.0 Chrome/76.0.3809.146 TV Safari/537.36`,
    { type: "TV", os: "Tizen" }
  ],
  [
    `Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 Safari/605.1.15`,
    { type: "Console" }
  ],
  [
    `Mozilla/5.0 (Linux; Android 10; Quest 2) ${webkit} OculusBrowser/18.0 Chrome/95.0.4638.74 VR Safari/537.36`,
    { type: "Wearable" }
  ],
  ["MyApp/1.0 CFNetwork/1240.0.4 Darwin/20.6.0", { type: "Mobile", os: "iOS" }],
  [
    "Dalvik/2.1.0 (Linux; U; Android 11; Pixel 5 Build/RQ3A)",
    { type: "Mobile", os: "Android", model: "Pixel 5" }
  ],
  ["iPhone Banana Phone", { type: "Mobile", os: "iOS", botName: "" }],
  [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    { type: "Bot", botName: "Googlebot" }
  ],
  [
    `Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) ${webkit} Chrome/120.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)`,
    { type: "Bot", os: "Android", botName: "Googlebot" }
  ],
  ["curl/7.88.1", { type: "Bot", botName: "curl" }],
  ["UserAgent", { type: "Bot", botName: "", browser: "", engine: "", version: "", os: "", model: "" }],
  ["", { type: "Unknown", botName: "", browser: "", engine: "", version: "", os: "", model: "" }],
  ["   ", { type: "Unknown" }]
]

describe("real user agents", () => {
  for (const [userAgent, expected] of cases) {
    test(userAgent === "" ? "none" : userAgent, () =>
      expect<unknown>(device(userAgent)).toMatchObject(expected)
    )
  }
})

test("only a missing user agent is Unknown, and every other answer is one of the types", () => {
  const types = ["Desktop", "Mobile", "Tablet", "TV", "Console", "Wearable", "Bot"]
  const word = fc.constantFrom(
    "Mozilla/5.0",
    "(",
    ")",
    ";",
    " ",
    "Android",
    "iPhone",
    "bot",
    "TV",
    "/1.0",
    "\xff",
    "Mobile",
    "os",
    "tesla/1"
  )
  const userAgent = fc.oneof(
    fc.string({ minLength: 1 }),
    fc.array(word, { minLength: 1 }).map((words) => words.join(""))
  )
  fc.assert(
    fc.property(userAgent, (text) => {
      const { type, ...texts } = device(text)
      if (text.trim() === "") return expect(type).toBe("Unknown")
      expect(types).toContain(type)
      for (const value of Object.values(texts)) expect(value).toMatch(/^[\0-\xff]*$/)
    }),
    { numRuns: 2_000 }
  )
})

test("only the beginning of a very long user agent is read", () => {
  const start = `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${webkit} Chrome/120.0.0.0 Mobile Safari/537.36`
  expect(device(`${start}${" droid ; ".repeat(100_000)}bot`)).toEqual(device(start))
})

test("the device of a repeated user agent is cached until others evict it", () => {
  const few = rememberDevices(2)
  const first = few("Mozilla/5.0 (Windows NT 10.0)" as ByteString)
  expect(few("Mozilla/5.0 (Windows NT 10.0)" as ByteString)).toBe(first)
  for (let i = 0; i < 5; i++) few(`Mozilla/5.0 (X11; Linux x86_64) Firefox/10${i}.0` as ByteString)
  expect(few("Mozilla/5.0 (Windows NT 10.0)" as ByteString)).not.toBe(first)
})

test("user agents of one device share its object, and those of another model do not", () => {
  const detectOne = rememberDevices()
  const written = (model: string, build: string) =>
    `Mozilla/5.0 (Linux; Android 14; ${model} ${build}) ${webkit} Chrome/120.0.0.0 Mobile Safari/537.36` as ByteString
  const pixel = detectOne(written("Pixel 8", "Build/A1"))
  expect(detectOne(written("Pixel 8", "Build/A2"))).toBe(pixel)
  expect(detectOne(written("Pixel 7", "Build/A1")).model).toBe("Pixel 7" as ByteString)
})
