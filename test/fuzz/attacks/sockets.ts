/** What no HTTP library sends: broken request lines, pipelining, conflicting lengths, wrong chunks, trickles, resets. */
import { Buffer } from "node:buffer"
import type { Random } from "../../faults/random.ts"
import { bytes, type MakeAttack, requestBytes, utf8, wildAttack } from "../attack.ts"
import { anyBytes, badText, damaged, inTarget, worseText } from "../texts.ts"

const methods = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "OPTIONS",
  "TRACE",
  "CONNECT",
  "PRI",
  "get",
  "G\u00cbT",
  "",
  "X".repeat(50)
] as const
const versions = [
  "HTTP/1.1",
  "HTTP/1.0",
  "HTTP/0.9",
  "HTTP/2.0",
  "HTTP/1.2",
  "http/1.1",
  "HTTP/1.1 x",
  ""
] as const

export const requestLineAttack: MakeAttack = (random) => {
  const target = random.pick([
    `/t/line?${inTarget(badText(random))}`,
    "t/line",
    "*",
    "http://evil.example/t/line?x=1",
    "//evil/t/line",
    "evil.example:443",
    "",
    "/t/a b",
    `/t/${worseText(random)}`,
    "\\t\\line"
  ])
  const space = random.pick([" ", " ", " ", "\t", "  ", ""])
  const end = random.pick(["\r\n", "\r\n", "\n", "\r", "\r\r\n"])
  const line = [random.pick(methods), target, random.pick(versions)].join(space)
  const text = `${line}${end}Host: h${end}${end}`
  return wildAttack("request line", [utf8(text)])
}

const smuggled = "GET /t/smuggled?s=1 HTTP/1.1\r\nHost: h\r\n\r\n"

/** Conflicting lengths, or a length that only some servers can parse. */
export const smugglingAttack: MakeAttack = (random) => {
  const length = random.pick([
    "Content-Length: 5",
    "Content-Length: 5\r\nContent-Length: 6",
    "Content-Length: +5",
    "Content-Length: 5, 5",
    "Content-Length: 0x5",
    "Content-Length: -1",
    "Content-Length : 5",
    "Content-Length: 99999999999999999999"
  ])
  const coding = random.pick([
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: identity, chunked",
    "Transfer-Encoding: xchunked",
    "Transfer-Encoding : chunked",
    "Transfer-Encoding:\tchunked",
    "Transfer-Encoding: chunked, identity",
    "Transfer-encoding: chunked\r\nTransfer-Encoding: x",
    "X: x\nTransfer-Encoding: chunked"
  ])
  const lengths = random.pick([[length, coding], [coding, length], [coding], [length]])
  const body = random.pick(["0\r\n\r\n", "5\r\na=bcd\r\n0\r\n\r\n", "a=b"])
  const text = `POST /t/front?f=1 HTTP/1.1\r\nHost: h\r\n${lengths.join("\r\n")}\r\n\r\n${body}${smuggled}`
  return wildAttack("smuggling", [bytes(text)], { max: 2 })
}

/** Chunks with extensions, trailers, wrong lengths and wrong line breaks. */
export const chunkAttack: MakeAttack = (random) => {
  const size = random.pick([
    "5",
    "05",
    "0x5",
    "5;ext=1",
    `5;${"x".repeat(random.pick([10, 5_000, 70_000]))}`,
    "5 ",
    "-5",
    "ffffffffffffffffff",
    "6",
    "4",
    "5;\0",
    ""
  ])
  const end = random.pick(["\r\n", "\r\n", "\n", "\r"])
  const trailer = random.pick([
    "",
    "X-Push-Ip: 6.6.6.6\r\n",
    "Content-Length: 3\r\n",
    `${worseText(random)}\r\n`
  ])
  const text = `POST /t/chunks HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${size}${end}a=bcd${end}0${end}${trailer}${end}`
  return wildAttack("chunks", [utf8(text)])
}

/** A body that is shorter or longer than announced, and a client that stops in the middle. */
export const lyingLengthAttack: MakeAttack = (random) => {
  const length = random.pick([0, 1, 3, 4, 1_000, 1_048_576, 1_048_577, 2_147_483_648])
  const text = `POST ${random.pick(["/t/lie", "/batch", "/track"])} HTTP/1.1\r\nHost: h\r\nContent-Length: ${length}\r\n\r\na=b`
  return wildAttack("lying length", [bytes(text)], {
    end: random.pick(["wait", "half-close", "cut"])
  })
}

/** Valid pipelined requests; a reset connection may lose responses. */
export const pipelineAttack: MakeAttack = (random) => {
  const count = random.pick([2, 3, 5, 30])
  const requests = Array.from({ length: count }, (_, n) =>
    random.next() < 0.3
      ? requestBytes({
          target: "/t/pipeline",
          body: bytes(`n=${n}`),
          type: "application/x-www-form-urlencoded"
        })
      : requestBytes({ target: `/t/pipeline?n=${n}` })
  )
  return wildAttack("pipeline", [Buffer.concat(requests)], {
    requests: requests.map(() => ({ events: 1, isHead: false })),
    end: random.pick(["wait", "half-close", "cut"])
  })
}

/** Valid requests in slow chunks; each is answered all the same. */
export const trickleAttack: MakeAttack = (random) => {
  const request = requestBytes({
    target: "/t/trickle?x=1",
    body: bytes("a=b"),
    type: "application/x-www-form-urlencoded"
  })
  const size = Math.ceil(request.byteLength / random.whole(2, 12))
  const chunks = Array.from({ length: Math.ceil(request.byteLength / size) }, (_, n) =>
    request.subarray(n * size, (n + 1) * size)
  )
  return {
    name: "trickle",
    chunks,
    gapMs: random.whole(1, 40),
    end: "wait",
    requests: [{ events: 1, isHead: false }],
    max: 1,
    mayGoUnanswered: false
  }
}

/** A valid request without its end, or with our side of the connection ended after it. */
export const cutAttack: MakeAttack = (random) => {
  const request = requestBytes({ target: "/t/cut?c=1" })
  const sent = random.next() < 0.5 ? request : request.subarray(0, random.whole(0, request.byteLength))
  return wildAttack("cut", [sent], {
    requests: [{ events: 1, isHead: false }],
    end: random.pick(["half-close", "cut"])
  })
}

export const damagedAttack: MakeAttack = (random: Random) => {
  const request =
    random.next() < 0.2
      ? anyBytes(random, 500)
      : requestBytes({ target: "/t/damaged?d=1", headers: ["User-Agent: ua", "X-A: b"] })
  return wildAttack("damaged", [damaged(random, request, random.whole(1, 8))])
}
