/**
 * One suite for every store of lines at the edge: SQLite as a Durable Object has it, and Deno KV; with random histories of
 * appends, pushes, settlements and restarts against a list. The real runtimes are in delivery.test.ts.
 */
import { Database } from "bun:sqlite"
import { describe, expect, test } from "bun:test"
import fc from "fast-check"
import type { ByteString } from "../../../contracts/event.ts"
import { newPushId, type PushedLines } from "../../../contracts/messages/pushed-lines.ts"
import { KvLines } from "../../../gateway/edge-runtime/kv-lines.ts"
import { maxPushBytes, maxPushLines } from "../../../gateway/edge-runtime/push-limits.ts"
import type { LineStore } from "../../../gateway/edge-runtime/service.ts"
import { SqliteLines } from "../../../gateway/edge-runtime/sqlite-lines.ts"
import { memoryKv, U64 } from "./memory-kv.ts"

/** A database, and how to open it: again for each restart. */
type Open = (maxBytes?: number) => LineStore

const sqlite = (): Open => {
  const database = new Database(":memory:")
  const exec = (query: string, ...values: ReadonlyArray<unknown>) => {
    const rows = database.query(query).all(...(values as Array<string>)) as Array<Record<string, unknown>>
    const asWorkerd = rows.map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [
          name,
          value instanceof Uint8Array ? value.slice().buffer : value
        ])
      )
    )
    return {
      [Symbol.iterator]: () => asWorkerd[Symbol.iterator](),
      toArray: () => asWorkerd,
      one: () => {
        if (asWorkerd.length !== 1) throw new Error("not one row")
        return asWorkerd[0]
      }
    }
  }
  const storage = { sql: { exec: exec as never }, sync: async () => {} }
  return (maxBytes = 1_000_000_000) => new SqliteLines(storage, maxBytes)
}

const kv = (): Open => {
  const database = memoryKv()
  return (maxBytes = 1_000_000_000) => new KvLines(database, (value) => new U64(value), maxBytes)
}

const line = (text: string): ByteString => text as ByteString
const many = (count: number, bytes: number): ReadonlyArray<ByteString> =>
  Array.from({ length: count }, (_, index) => line(`${index} `.padEnd(bytes, "x")))

/** Deno KV orders the lines of different processes by their clocks, in milliseconds: no restart is shorter than one. */
const reopened = (open: Open): LineStore => {
  const begun = Date.now()
  while (Date.now() === begun);
  return open()
}

const suite = (make: () => Open): void => {
  test("gives what was appended, in order and byte for byte, as one push that stays the same", async () => {
    const open = make()
    const store = open()
    expect(await store.next()).toBeUndefined()
    await store.append([line("a\xff\0\n"), line("")])
    await store.append([line("b")])
    const push = await store.next()
    expect(push?.lines).toEqual([line("a\xff\0\n"), line(""), line("b")])
    expect(push?.id).toMatch(/^[0-9A-Z]{26}$/)
    await store.append([line("c")])
    expect(await store.next()).toEqual(push as PushedLines)
    expect(await open().next()).toEqual(push as PushedLines)
    expect(await store.size()).toMatchObject({ lines: 4, bytes: 6 })
    await store.settle(push as PushedLines)
    expect(await store.size()).toMatchObject({ lines: 1, bytes: 1 })
    expect((await store.next())?.lines).toEqual([line("c")])
  })

  test("settles a push once, and no other push", async () => {
    const store = make()()
    await store.append([line("a")])
    const push = (await store.next()) as PushedLines
    await store.settle({ id: newPushId(), lines: [] })
    expect(await store.next()).toEqual(push)
    await store.settle(push)
    await store.append([line("b")])
    await store.settle(push)
    expect((await store.next())?.lines).toEqual([line("b")])
    expect(await store.size()).toMatchObject({ lines: 1, bytes: 1 })
  })

  test("a push has at most 1,000 lines or 256 KiB, and takes a single line of any size", async () => {
    const store = make()()
    await store.append(many(maxPushLines, 10))
    await store.append([line("next")])
    expect((await store.next())?.lines).toHaveLength(maxPushLines)
    await store.settle((await store.next()) as PushedLines)
    await store.settle((await store.next()) as PushedLines)
    const large = line("y".repeat(maxPushBytes + 50_000))
    await store.append([large])
    await store.append(many(2, 200_000))
    expect((await store.next())?.lines).toEqual([large])
    await store.settle((await store.next()) as PushedLines)
    expect((await store.next())?.lines).toHaveLength(2)
  })

  test("refuses lines over its limit, all of them, and takes them when there is room", async () => {
    const store = make()(100)
    await store.append(many(9, 10))
    expect(store.append(many(2, 10))).rejects.toMatchObject({ reason: "busy" })
    expect(await store.size()).toMatchObject({ lines: 9, bytes: 90 })
    await store.settle((await store.next()) as PushedLines)
    await store.append(many(2, 10))
    expect((await store.next())?.lines).toHaveLength(2)
  })

  test("says how old its oldest line is", async () => {
    const store = make()()
    expect(await store.size()).toEqual({ lines: 0, bytes: 0, oldestMs: 0 })
    await store.append([line("a")])
    const { oldestMs } = await store.size()
    expect(oldestMs).toBeGreaterThanOrEqual(0)
    expect(oldestMs).toBeLessThan(60_000)
  })

  test("keeps the first salt of a day, and none of a day that is over", async () => {
    const open = make()
    const today = Math.floor(Date.now() / 86_400_000)
    expect(await open().salt(today, "first")).toBe("first")
    expect(await open().salt(today, "second")).toBe("first")
    expect(await open().salt(today + 1, "third")).toBe("third")
    expect(open().salt(today - 2, "old")).rejects.toMatchObject({ reason: "expired" })
  })

  test("any history of appends, pushes, settlements and restarts delivers every line once, in order", async () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ append: fc.array(fc.integer({ min: 0, max: 40_000 }), { maxLength: 5 }) })
      },
      { weight: 3, arbitrary: fc.constant("push" as const) },
      { weight: 2, arbitrary: fc.constant("push without an answer" as const) },
      { weight: 1, arbitrary: fc.constant("restart" as const) }
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const open = make()
        let store = open()
        const appended: Array<string> = []
        // The centre: it stores the lines of one id once.
        const pushed = new Set<string>()
        const arrived: Array<string> = []
        const push = async (isAnswered: boolean): Promise<boolean> => {
          const next = await store.next()
          if (next === undefined) return false
          if (!pushed.has(next.id)) arrived.push(...next.lines)
          pushed.add(next.id)
          if (isAnswered) await store.settle(next)
          return true
        }
        for (const one of steps) {
          if (one === "restart") store = reopened(open)
          else if (one === "push") await push(true)
          else if (one === "push without an answer") await push(false)
          else if (one.append.length > 0) {
            const lines = one.append.map((bytes) => line(`${appended.length} ${bytes} `.padEnd(bytes, "z")))
            await store.append(lines)
            appended.push(...lines)
          }
        }
        while (await push(true));
        expect(arrived).toEqual(appended)
        expect(await store.size()).toEqual({ lines: 0, bytes: 0, oldestMs: 0 })
      }),
      { numRuns: 60 }
    )
  })
}

describe("SQLite of a Durable Object", () => suite(sqlite))
describe("Deno KV", () => suite(kv))
