/** Requests of one connection are forwarded one at a time: however they are split, no byte is changed and none comes early. */
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import { RequestTurns } from "../../../../gateway/http/connection-guard/request-turns.ts"

const bytes = (text: string): Buffer => Buffer.from(text, "latin1")
const textOf = (data: Buffer | undefined): string => data?.toString("latin1") ?? ""

const chunked =
  "POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=1\r\na\r\n\r\n0A\r\n0123456789\r\n0\r\nX: y\r\n\r\n"
const requests = [
  "GET /a HTTP/1.1\r\nHost: h\r\n\r\n",
  "POST /b HTTP/1.1\r\nHost: h\r\ncontent-length: 26\r\n\r\nGET /no HTTP/1.1\r\nHost: \r\n\r\n".slice(0, -2),
  chunked,
  "\r\nHEAD /d HTTP/1.1\r\nHost: h\r\n\r\n",
  "POST /e HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
]
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
const answers = [
  ok,
  `HTTP/1.1 100 Continue\r\n\r\n${ok}`,
  "HTTP/1.1 204 No Content\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n",
  "HTTP/1.1 503 Service Unavailable\r\ncontent-length:4\r\n\r\nbusy"
]

/** The text, split at these positions. */
const cut = (text: string, places: ReadonlyArray<number>): ReadonlyArray<string> => {
  const ends = [...new Set(places.map((place) => place % (text.length + 1)))].toSorted((a, b) => a - b)
  return [0, ...ends].map((start, n) => text.slice(start, ends[n] ?? text.length)).filter((one) => one !== "")
}

describe("pipelined requests", () => {
  test("are forwarded one at a time, byte for byte, however they and their responses are split", () => {
    const places = fc.array(fc.nat(1_000), { maxLength: 12 })
    fc.assert(
      fc.property(places, places, (some, others) => {
        const turns = new RequestTurns()
        let handed = ""
        for (const piece of cut(requests.join(""), some)) handed += textOf(turns.fromClient(bytes(piece)))
        for (const [n, answer] of answers.entries()) {
          // Empty lines before a request may be forwarded with the previous request or with it.
          expect(handed.replace(/\r\n$/, "")).toBe(
            requests
              .slice(0, n + 1)
              .join("")
              .replace(/\r\n$/, "")
          )
          for (const piece of cut(answer, others)) handed += textOf(turns.fromServer(bytes(piece)))
        }
        expect(handed).toBe(requests.join(""))
        expect(turns.isBuffering).toBe(false)
      })
    )
  })

  test("wait only until the response is complete", () => {
    const turns = new RequestTurns()
    expect(textOf(turns.fromClient(bytes(requests.slice(0, 2).join(""))))).toBe(requests[0] ?? "")
    expect(turns.isBuffering).toBe(true)
    expect(turns.fromServer(bytes(ok.slice(0, -1)))).toBeUndefined()
    expect(textOf(turns.fromServer(bytes(ok.slice(-1))))).toBe(requests[1] ?? "")
    expect(turns.isBuffering).toBe(false)
  })

  test("are forwarded immediately when their ends are uncertain", () => {
    const next = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n"
    for (const head of [
      "GET /a HTTP/1.0\r\n\r\n",
      "GET /a HTTP/1.1\nHost: h\n\n\r\n\r\n",
      "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /live HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
      "POST /a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "POST /a HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
      "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
      "POST /a HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
      "\u0016\u0003\u0001 no HTTP\r\n\r\n"
    ]) {
      const turns = new RequestTurns()
      expect(textOf(turns.fromClient(bytes(head + next)))).toBe(head + next)
      expect(textOf(turns.fromClient(bytes(next)))).toBe(next)
    }
  })

  test("are forwarded immediately after a head without an end", () => {
    const turns = new RequestTurns()
    const head = `GET /a HTTP/1.1\r\nX: ${"x".repeat(70_000)}`
    expect(textOf(turns.fromClient(bytes(head)))).toBe(head)
    expect(textOf(turns.fromClient(bytes("\r\n\r\n")))).toBe("\r\n\r\n")
    expect(textOf(turns.fromClient(bytes("any")))).toBe("any")
  })

  test("are forwarded when a response comes too early, or without an end", () => {
    const early = new RequestTurns()
    early.fromClient(bytes("POST /a HTTP/1.1\r\nContent-Length: 9\r\n\r\nx"))
    early.fromServer(bytes(ok))
    expect(textOf(early.fromClient(bytes("any")))).toBe("any")
    for (const answer of [
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nContent-Length: 0\r\n\r\n",
      `${ok}more`,
      "none\r\n\r\n"
    ]) {
      const turns = new RequestTurns()
      turns.fromClient(bytes((requests[0] ?? "") + (requests[4] ?? "")))
      expect(textOf(turns.fromServer(bytes(answer)))).toBe(requests[4] ?? "")
    }
  })
})
