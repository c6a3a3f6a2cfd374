/** JSON that is deep, wide or invalid; forms; batches with valid, invalid and hostile events. */
import type { Random } from "../../faults/random.ts"
import { type Attack, type MakeAttack, plainAttack, utf8 } from "../attack.ts"
import { anyBytes, badText, damaged, worseText } from "../texts.ts"

const types = [
  "application/json",
  "application/json",
  "application/x-ndjson",
  "text/plain",
  "text/plain;charset=UTF-8",
  "application/json; charset=utf-16",
  "application/x-www-form-urlencoded",
  "application/cloudevents+json",
  "multipart/form-data",
  "multipart/form-data; boundary=x",
  ";;;"
] as const

const numbers = [
  "0",
  "-0",
  "1e999",
  "-1e-999",
  "9007199254740993",
  "1".repeat(400),
  "01",
  ".5",
  "1.",
  "+1",
  "NaN",
  "0x1",
  "1e+"
] as const

/** A JSON value as text, mostly valid. */
const json = (random: Random, depth: number): string => {
  const kind = random.whole(0, depth > 6 ? 3 : 8)
  if (kind === 0) return random.pick(numbers)
  if (kind === 1) return JSON.stringify(worseText(random))
  if (kind === 2)
    return random.pick([
      "true",
      "false",
      "null",
      "tru",
      '"\\ud800"',
      '"\\u0000"',
      '"\\x"',
      '"',
      "'a'",
      '"\\udc00\\ud800"'
    ])
  if (kind === 3) return `"${badText(random)}"`
  if (kind === 4) return `[${list(random, () => json(random, depth + 1))}]`
  return `{${list(random, () => `${name(random)}:${json(random, depth + 1)}`)}}`
}

const list = (random: Random, item: () => string): string =>
  Array.from({ length: random.whole(0, 5) }, item).join(random.pick([",", ",", ",", " , ", ",,"]))

const name = (random: Random): string =>
  random.pick([
    '"a"',
    '"a"',
    '"b"',
    '"__proto__"',
    '"constructor"',
    '"toString"',
    '""',
    '"a[b]"',
    '"id"',
    '"\\u0061"',
    "a",
    JSON.stringify(worseText(random, 3))
  ])

/** A value for `params`: an object, or one over a limit. */
const params = (random: Random): string => {
  const kind = random.whole(0, 9)
  if (kind === 0)
    return `${'{"a":'.repeat(random.pick([8, 9, 5_000]))}1${"}".repeat(random.pick([8, 9, 5_000]))}`
  if (kind === 1)
    return `{${Array.from({ length: random.pick([256, 257, 5_000]) }, (_, n) => `"k${n}":${n}`).join(",")}}`
  if (kind === 2) return "[".repeat(random.pick([10, 100_000]))
  if (kind === 3) return `{"a":"${"\u20ac".repeat(random.pick([7_000, 8_000, 200_000]))}"}`
  return json(random, 0)
}

const event = (random: Random): string => {
  if (random.next() < 0.15) return json(random, 2)
  const fields = [
    `"event":${random.next() < 0.8 ? JSON.stringify(worseText(random, 4)) : json(random, 4)}`,
    ...(random.next() < 0.8 ? [`"params":${params(random)}`] : []),
    ...(random.next() < 0.3 ? [`"ts":${random.pick(numbers)}`] : []),
    ...(random.next() < 0.3 ? [`"id":${JSON.stringify(worseText(random, 2))}`] : []),
    ...(random.next() < 0.1 ? [`"event":"twice"`] : [])
  ]
  return `{${fields.join(",")}}`
}

const damagedAtTimes = (random: Random, body: Uint8Array): Uint8Array =>
  random.next() < 0.3 ? damaged(random, body) : body

/** `POST /batch`; its response says how many events it has. */
export const batchAttack: MakeAttack = (random) => {
  const form = random.whole(0, 3)
  const few = random.pick([1, 3, 20, 20, 300, 1_001])
  const events = Array.from({ length: few }, () =>
    few > 20 ? '{"event":"many","params":{"a":1}}' : event(random)
  )
  const text =
    form === 0
      ? `{"events":[${events.join(",")}]}`
      : form === 1
        ? events.join(random.pick(["\n", "\r\n", "\n\n"]))
        : `[${events.join(",")}]`
  const type = form === 1 ? "application/x-ndjson" : random.pick(types)
  return plainAttack(
    "batch",
    { target: "/batch", body: damagedAtTimes(random, utf8(text)), type, headers: idHeader(random) },
    few * 4 + 40
  )
}

const idHeader = (random: Random): ReadonlyArray<string> =>
  random.next() < 0.2
    ? [`Idempotency-Key: ${random.pick(["a", "x".repeat(255), "x".repeat(256), "b c"])}`]
    : []

/** `POST` of one event, to each path that accepts one. */
export const postAttack: MakeAttack = (random): Attack => {
  const target = random.pick([
    "/t/posted",
    "/t/posted?q=1",
    "/track",
    "/api/v1/beacon",
    "/t/",
    "/batchx",
    "/"
  ])
  const kind = random.whole(0, 4)
  const text =
    kind === 4
      ? "__proto__=1&".repeat(random.pick([256, 257, 80_000, 100_000]))
      : kind === 0
        ? params(random)
        : kind === 1
          ? `{"username":${json(random, 5)},"target":"t","description":"${random.pick(["CLICK", "VIEW", "OTHER"])}"}`
          : Array.from(
              { length: random.whole(0, 300) },
              () => `${badText(random, 2)}=${badText(random, 2)}`
            ).join("&")
  const body = kind === 3 ? anyBytes(random, 2_000) : damagedAtTimes(random, utf8(text))
  const type = random.pick([...types, "application/x-www-form-urlencoded"])
  return plainAttack("post", { target, body, type, headers: idHeader(random) })
}
