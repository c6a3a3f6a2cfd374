/** Lines of server logs: valid, almost valid, and random bytes. */
import { Buffer } from "node:buffer"
import type { Random } from "../../faults/random.ts"
import { type MakeAttack, plainAttack, utf8 } from "../attack.ts"
import { anyBytes, badText, damaged, worseText } from "../texts.ts"

/** The client part of a line, in each known format. */
const client = (random: Random): string => {
  const address = random.pick([
    "203.0.113.9",
    "2001:db8::1",
    "fe80::1%eth0",
    "host.example",
    "-",
    badText(random, 2)
  ])
  const user = random.pick(["-", "bob", "bob smith", '""', badText(random, 2)])
  const host = random.pick(["", "", "shop.example:443 ", "_ ", "[::1]:80 ", `${badText(random, 1)} `])
  const more = random.pick([
    "",
    "",
    ", 10.0.0.1",
    " 10.0.0.1",
    " - 10.0.0.1",
    ":5512",
    ",",
    `, ${badText(random, 1)}`
  ])
  const syslog = random.pick([
    "",
    "",
    "<190>Nov 21 01:10:43 web1 nginx: ",
    `<1>1 - a b c d [${badText(random, 1)}] `
  ])
  return `${syslog}${host}${address}${more} - ${user}`
}

const json = (random: Random): string =>
  JSON.stringify({
    remote_addr: random.pick(["203.0.113.9", "unix:", badText(random, 2), 7]),
    time_local: random.pick(["21/Nov/2026:01:10:43 +0000", 1795223443, badText(random, 2)]),
    request: random.pick(["GET /x HTTP/1.1", badText(random, 3)]),
    [badText(random, 1)]: badText(random, 2)
  })

const line = (random: Random): string => {
  if (random.whole(0, 9) === 0) return json(random)
  const time = random.pick([
    "21/Nov/2026:01:10:43 +0000",
    "31/Feb/2026:25:61:61 +9999",
    "21/Nov/99999:01:10:43 +0000",
    badText(random, 2)
  ])
  const request = random.pick([
    "GET /x?a=1 HTTP/1.1",
    "-",
    "",
    '\\x16\\x03\\"',
    worseText(random, 4),
    "GET  / /  HTTP/1.1"
  ])
  const status = random.pick(["200", "999", "-", "2e2", badText(random, 1)])
  const agent = random.pick(["Mozilla/5.0 (X11)", "-", worseText(random, 6), '\\"\\\\"', "a".repeat(40_000)])
  return `${client(random)} [${time}] "${request}" ${status} ${random.pick(["612", "-", "-1", "1".repeat(40)])} "${badText(random, 3)}" "${agent}"`
}

/** The response says how many lines became events. */
export const serverLogAttack: MakeAttack = (random) => {
  const few = random.pick([1, 5, 20, 1_001])
  const lines = Array.from({ length: few }, () => (few > 20 ? "x" : line(random)))
  const text = utf8(lines.join(random.pick(["\n", "\r\n", "\n\n", "\r"])))
  const kind = random.whole(0, 5)
  const body = kind === 0 ? anyBytes(random, 3_000) : kind < 3 ? damaged(random, text) : text
  return plainAttack(
    "server log",
    { target: "/api/v1/beacon/log", body: Buffer.from(body), type: "text/plain" },
    few * 8 + 3_000
  )
}
