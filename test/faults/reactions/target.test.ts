/** A target remembers each call by its id through everything that it does to its callers. */
import { afterAll, beforeAll, expect, test } from "bun:test"
import { duplicatesAt, startTarget, type Target } from "./target.ts"

let target: Target
beforeAll(async () => {
  target = await startTarget("good")
})
afterAll(() => target.close())

const call = (id: string, timeoutMs = 2_000, body = "{}"): Promise<string> =>
  fetch(`${target.origin}/hook`, {
    method: "POST",
    headers: { "webhook-id": id },
    body,
    signal: AbortSignal.timeout(timeoutMs)
  }).then(
    (response) => `${response.status} ${response.headers.get("retry-after") ?? ""}`.trim(),
    (error: Error) => (error.name === "TimeoutError" ? "silent" : "refused")
  )

test("answers as told, and remembers what it has seen and accepted", async () => {
  expect(await call("a")).toBe("200")
  await target.become({ status: 503, retryAfter: "2" })
  expect(await call("b")).toBe("503 2")
  await target.become("refuses")
  expect(await call("b")).toBe("refused")
  await target.become("hangs")
  expect(await call("b", 100)).toBe("silent")
  await target.become({ slowMs: 50 })
  expect(await call("b")).toBe("200")
  await target.become("answers")
  expect(await call("b")).toBe("200")
  expect(target.seen.get("a")).toMatchObject({ calls: 1, accepted: 1, path: "/hook", body: "{}" })
  expect(target.seen.get("b")).toMatchObject({ calls: 4, accepted: 2 })
  expect(target.counts).toEqual({ calls: 5, unanswered: 1 })
  expect(duplicatesAt(target)).toBe(1)
  expect(target.wrong).toEqual([])
})

test("reports a call without an id, and other content under a known id", async () => {
  await call("")
  await call("a", 2_000, '{"other":1}')
  expect(target.wrong).toEqual([
    "a call of /hook has no webhook-id",
    'a called /hook with {"other":1}, and /hook with {} before'
  ])
})
