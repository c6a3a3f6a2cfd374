/** Headers: long, many, duplicated, forged, and with invalid bytes. */
import { Buffer } from "node:buffer"
import type { Random } from "../../faults/random.ts"
import { bytes, type MakeAttack, plainAttack, requestBytes, wildAttack } from "../attack.ts"
import { anyBytes, badText, worseText } from "../texts.ts"

const forged = [
  "X-Forwarded-For",
  "X-Push-Ip",
  "X-Real-Ip",
  "Forwarded",
  "X-Forwarded-Host",
  "X-Forwarded-Proto",
  "Via"
] as const
const addresses = [
  "6.6.6.6",
  "127.0.0.1, 6.6.6.6",
  "::1",
  "6.6.6.6, 127.0.0.1",
  "[::ffff:6.6.6.6]:80",
  "unknown",
  "' OR 1",
  "0x7f.1",
  ","
] as const
const usual = [
  "User-Agent",
  "Accept",
  "Origin",
  "Referer",
  "Cookie",
  "DNT",
  "Sec-GPC",
  "Idempotency-Key",
  "Authorization"
] as const

/** Bytes that are allowed in a header: anything but control characters. */
const value = (random: Random): string => {
  if (random.next() < 0.3)
    return Buffer.from(anyBytes(random, 60).filter((byte) => byte >= 32 && byte !== 127)).toString("latin1")
  return Buffer.from(badText(random), "utf8").toString("latin1")
}

const some = (random: Random, max: number, header: () => string): ReadonlyArray<string> =>
  Array.from({ length: random.whole(1, max) }, header)

/** Valid headers with any content: become an event, an error of ours, or the runtime's error for too many bytes. */
export const headerAttack: MakeAttack = (random) => {
  const kind = random.whole(0, 4)
  const headers =
    kind === 0
      ? [`X-Long: ${"x".repeat(random.pick([8_000, 16_300, 39_000, 41_000, 65_536]))}`]
      : kind === 1
        ? Array.from({ length: random.pick([90, 200, 1_000]) }, (_, n) => `X-${n}: ${n}`)
        : kind === 2
          ? some(random, 6, () => `${random.pick(forged)}: ${random.pick(addresses)}`)
          : some(random, 8, () => `${random.pick(usual)}: ${value(random)}`)
  return plainAttack("headers", { target: "/t/headers?a=1", headers })
}

/** Invalid headers. */
export const brokenHeaderAttack: MakeAttack = (random) => {
  const broken = random.pick([
    `X: ${worseText(random)}`,
    `${worseText(random)}: x`,
    " folded: x",
    "X : space",
    ": none",
    "noColon",
    `Host: ${worseText(random)}`,
    `Host: other\r\nHost: ${badText(random)}`,
    `User-Agent: a\r\n 6.6.6.6 1 h p /t/forged e x`,
    `Expect: 100-continue`,
    `Connection: upgrade\r\nUpgrade: ${random.pick(["websocket", "h2c", "x"])}`
  ])
  return wildAttack("broken headers", [
    Buffer.from(
      requestBytes({ target: "/t/broken?b=1", headers: [Buffer.from(broken, "utf8").toString("latin1")] })
    ),
    bytes("")
  ])
}
