/** Bodies are counted as they arrive, whatever their headers say, and every failure has its response. */
import { describe, expect, test } from "bun:test"
import { gzipSync } from "node:zlib"
import { standardBodyLimits } from "../../../../gateway/http/body/limits.ts"
import { bodyReader } from "../../../../gateway/http/body/read-body.ts"
import { HttpError } from "../../../../gateway/http/errors.ts"

const limits = { ...standardBodyLimits, sentBytes: 1_000, bytes: 2_000 }

const request = (body: RequestInit["body"], headers: Record<string, string> = {}): Request =>
  new Request("http://localhost/", { method: "POST", body: body ?? null, headers })

/** A body in chunks, which records its cancellation. */
const inChunks = (chunks: ReadonlyArray<string>, atEnd: "closes" | "fails" | "waits" = "closes") => {
  const state = { isCancelled: false, given: 0 }
  const stream = new ReadableStream<Uint8Array>(
    {
      pull: (controller) => {
        const chunk = chunks[state.given]
        if (chunk !== undefined) {
          state.given += 1
          controller.enqueue(new TextEncoder().encode(chunk))
        } else if (atEnd === "closes") controller.close()
        else if (atEnd === "fails") controller.error(new Error("connection reset"))
      },
      cancel: () => {
        state.isCancelled = true
      }
    },
    { highWaterMark: 0 }
  )
  return { stream, state }
}

const read = async (sent: Request, more: Partial<typeof limits> & { reserve?: () => undefined } = {}) => {
  try {
    return await bodyReader({ ...limits, ...more })(sent, (bytes) => new TextDecoder().decode(bytes))
  } catch (cause) {
    if (cause instanceof HttpError)
      return { code: cause.code, isClosing: cause.headers.connection === "close" }
    throw cause
  }
}

const tooLarge = { code: "too-large", isClosing: true } as const

describe("a body", () => {
  test("in one chunk, in many, and empty", async () => {
    expect(await read(request("abc"))).toBe("abc")
    expect(await read(request(inChunks(["a", "", "bc", "d"]).stream))).toBe("abcd")
    expect(await read(request(inChunks(["a", "bc"]).stream, { "content-length": "3" }))).toBe("abc")
    expect(await read(request(null))).toBe("")
    expect(await read(request(""))).toBe("")
    expect(await read(request("", { "content-encoding": "gzip" }))).toBe("")
  })

  test("in a thousand chunks, some of them empty", async () => {
    const pieces = Array.from({ length: 1_000 }, (_, i) => (i % 3 === 0 ? "" : String(i % 10)))
    expect(await read(request(inChunks(pieces).stream))).toBe(pieces.join(""))
  })

  test("of exactly the limit, and of one byte more", async () => {
    expect(await read(request("x".repeat(1_000)))).toHaveLength(1_000)
    expect(await read(request("x".repeat(1_001)))).toEqual(tooLarge)
  })

  test("over the limit is read for a moment, so that its client reads the response, and then cancelled", async () => {
    for (const headers of [{}, { "content-length": "1000000000" }]) {
      const { stream, state } = inChunks(Array.from({ length: 1_000 }, () => "x".repeat(65_536)))
      expect(await read(request(stream, headers))).toEqual(tooLarge)
      expect(state.isCancelled).toBe(true)
      expect(state.given).toBeLessThan(100)
    }
    const silent = inChunks(["x".repeat(1_001)], "waits")
    expect(await read(request(silent.stream))).toEqual(tooLarge)
    expect(silent.state.isCancelled).toBe(true)
  })

  test("with a small Content-Length is counted too", async () => {
    const { stream } = inChunks(["x".repeat(2_000)])
    expect(await read(request(stream, { "content-length": "1" }))).toEqual(tooLarge)
  })

  test("that is compressed is counted twice: before and after decompression", async () => {
    const noise = Array.from({ length: 1_500 }, (_, i) => String.fromCharCode(97 + ((i * i) % 23))).join("")
    const gzip = { "content-encoding": "gzip" }
    expect(await read(request(gzipSync(noise), gzip))).toBe(noise)
    expect(await read(request(gzipSync("x".repeat(2_001)), gzip))).toMatchObject({ code: "too-large" })
    expect(await read(request(gzipSync(noise), gzip), { sentBytes: 20 })).toEqual(tooLarge)
  })

  test("that is truncated", async () => {
    for (const headers of [{}, { "content-length": "9" }]) {
      const { stream } = inChunks(["abc"], "fails")
      expect(await read(request(stream, headers))).toEqual({ code: "bad-request", isClosing: true })
    }
  })

  test("that takes too long is cancelled", async () => {
    const { stream, state } = inChunks(["abc"], "waits")
    const late = { code: "timeout", isClosing: true } as const
    expect(await read(request(stream), { timeoutMs: 5 })).toEqual(late)
    expect(state.isCancelled).toBe(true)
    const small = request(inChunks(["abc"], "waits").stream, { "content-length": "9" })
    expect(await read(small, { timeoutMs: 5 })).toEqual(late)
  })

  test("has its memory reserved while it is needed", async () => {
    const reserved: Array<number> = []
    const reserve = (bytes: number) => {
      reserved.push(bytes)
      return () => void reserved.push(-bytes)
    }
    const reader = bodyReader({ ...limits, reserve })
    await reader(request("abc", { "content-length": "3" }), () => expect(reserved).toEqual([3]))
    await reader(request(gzipSync("abc"), { "content-encoding": "gzip" }), () => {}).catch(() => {})
    await reader(request(inChunks([], "fails").stream), () => {}).catch(() => {})
    const sent = gzipSync("abc").byteLength
    const [before, after = 0] = [1_000, limits.bytes + sent - 1_000]
    expect(reserved).toEqual([3, -3, before, after, -before, -after, 1_000, -1_000])
  })

  test("without memory left is not read", async () => {
    const { stream, state } = inChunks(["x"])
    expect(await read(request(stream), { reserve: () => undefined })).toEqual({
      code: "busy",
      isClosing: true
    })
    expect(state.given).toBe(0)
  })
})
