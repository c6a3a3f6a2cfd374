/** Regression tests for what the fuzzer found, on a real gateway of each runtime. */
import { describe, expect, test } from "bun:test"
import { connect, type Socket } from "node:net"
import { denoProgram } from "../support/deno.ts"
import { hasRedisProgram } from "../support/redis.ts"
import type { runtimes } from "../support/spoor.ts"
import { bytes, plainAttack } from "./attack.ts"
import { exchange } from "./exchange.ts"
import { startTarget, type Target } from "./target.ts"

const onTarget = async (
  runtime: keyof typeof runtimes,
  use: (target: Target) => Promise<void>
): Promise<void> => {
  const target = await startTarget(runtime)
  if (target === undefined) throw new Error("redis-server is missing")
  try {
    await use(target)
  } finally {
    await target.stop()
  }
}

/** Opens connections that have sent these bytes. */
const connected = (port: number, count: number, first: string): Promise<ReadonlyArray<Socket>> =>
  Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<Socket>((resolve, reject) => {
          const socket = connect(port, "127.0.0.1", () => socket.write(first, () => resolve(socket)))
          socket.on("error", reject)
        })
    )
  )

const post = plainAttack("post", {
  target: "/t/other",
  body: bytes("a=1"),
  type: "application/x-www-form-urlencoded"
})

const suite = (runtime: keyof typeof runtimes): void => {
  // Each of them had the whole memory of its announced body reserved, and 64 of them exhausted the budget.
  test.each([
    ["of any length", "Transfer-Encoding: chunked\r\n\r\nfffff\r\nx"],
    ["of a megabyte", "Content-Length: 1048576\r\n\r\nx"],
    ["compressed", "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\nx"]
  ])("clients that announce a body %s and do not send it take no memory from others", (_, rest) =>
    onTarget(runtime, async ({ port, settle }) => {
      const slow = await connected(port, 150, `POST /t/slow HTTP/1.1\r\nHost: h\r\n${rest}`)
      const others = await Promise.all(Array.from({ length: 20 }, () => exchange(port, post)))
      expect(others.flatMap(({ responses }) => responses.map(({ status }) => status))).toEqual(
        Array.from({ length: 20 }, () => 200)
      )
      const { statuses, sent } = await settle()
      expect(statuses).toEqual({ "200": sent })
      for (const socket of slow) socket.destroy()
    })
  )
}

describe.skipIf(!hasRedisProgram())("on Bun", () => suite("bun"))
describe.skipIf(!hasRedisProgram() || denoProgram() === undefined)("on Deno", () => suite("deno"))
