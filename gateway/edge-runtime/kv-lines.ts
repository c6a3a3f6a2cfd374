/**
 * Lines in Deno KV. Each append is an entry of one or more keys, because a value has at most 64 KiB; entries are ordered by
 * time. Several isolates may forward at once: they share the record of the push in flight, so they send it under one id.
 * Keeps no state but the database.
 */

import { endOfSalt } from "../../bridge/visitor-salts/service.ts"
import type { ByteString } from "../../contracts/event.ts"
import { Failure } from "../../contracts/failure.ts"
import type { PushId } from "../../contracts/ids.ts"
import { newPushId, type PushedLines } from "../../contracts/messages/pushed-lines.ts"
import { full, saltExpired } from "./failures.ts"
import { decodeLines, encodeLines } from "./line-blob.ts"
import { maxPushBytes, maxPushLines } from "./push-limits.ts"
import type { EdgeFigures, LineStore } from "./service.ts"

type Key = ReadonlyArray<string | number>

interface Found {
  readonly key: Key
  readonly value: unknown
  readonly versionstamp: string | null
}

interface Atomic {
  readonly check: (one: Pick<Found, "key" | "versionstamp">) => Atomic
  readonly set: (key: Key, value: unknown, options?: { readonly expireIn: number }) => Atomic
  readonly delete: (key: Key) => Atomic
  readonly mutate: (one: { readonly type: "sum"; readonly key: Key; readonly value: unknown }) => Atomic
  readonly commit: () => Promise<{ readonly ok: boolean }>
}

/** The part of Deno KV that is used here. */
export interface Kv {
  readonly get: (key: Key) => Promise<Found>
  readonly list: (
    selector: { readonly prefix: Key },
    options: { readonly limit: number }
  ) => AsyncIterable<Found>
  readonly atomic: () => Atomic
}

/** The first value of an entry; its further bytes are under the same key with `part` 1 and on. */
interface Entry {
  readonly blob: Uint8Array
  readonly parts: number
  readonly count: number
  readonly bytes: number
  readonly at: number
}

interface Sending {
  readonly id: PushId
  readonly entries: ReadonlyArray<string>
}

const maxValueBytes = 60_000
const maxEntries = 100
const lineKey = (entry: string, part: number): Key => ["spoor", "lines", entry, part]
const sendingKey: Key = ["spoor", "sending"]
const bytesKey: Key = ["spoor", "bytes"]
const countKey: Key = ["spoor", "count"]

/** Names of entries, in the order of their making: the time, a number for each name of one millisecond, and the isolate. */
const entryNames = (): (() => string) => {
  const isolate = newPushId().slice(-8)
  let time = 0
  let number = 0
  return () => {
    const now = Math.max(time, Date.now())
    number = now === time ? number + 1 : 0
    time = now
    return `${time.toString(36).padStart(9, "0")}-${number.toString(36).padStart(5, "0")}-${isolate}`
  }
}

export class KvLines implements LineStore {
  private readonly kv: Kv
  private readonly u64: (value: bigint) => unknown
  private readonly maxBytes: number
  private readonly newEntry = entryNames()

  /** `u64` converts a number modulo 2^64 to a counter value of the database. */
  constructor(kv: Kv, u64: (value: bigint) => unknown, maxBytes: number) {
    this.kv = kv
    this.u64 = u64
    this.maxBytes = maxBytes
  }

  async append(lines: ReadonlyArray<ByteString>): Promise<void> {
    const bytes = lines.reduce((sum, line) => sum + line.length, 0)
    if ((await this.counter(bytesKey)) + bytes > this.maxBytes) throw full(this.maxBytes)
    const [blob = new Uint8Array(0), ...more] = partsOf(encodeLines(lines))
    const entry = this.newEntry()
    const value: Entry = { blob, parts: more.length + 1, count: lines.length, bytes, at: Date.now() }
    await retried(() => {
      // The check fails when an earlier attempt was done after all.
      const first = lineKey(entry, 0)
      const atomic = this.kv.atomic().check({ key: first, versionstamp: null }).set(first, value)
      for (const [index, part] of more.entries()) atomic.set(lineKey(entry, index + 1), part)
      return this.count(atomic, lines.length, bytes).commit()
    })
  }

  async next(): Promise<PushedLines | undefined> {
    const sending = await this.inFlight()
    if (sending === undefined) return undefined
    const lines = await Promise.all(sending.entries.map((entry) => this.linesOf(entry)))
    return { id: sending.id, lines: lines.flat() }
  }

  async settle({ id }: PushedLines): Promise<void> {
    const before = await this.kv.get(sendingKey)
    const sending = before.value as Sending | null
    if (sending === null || sending.id !== id) return
    let lines = 0
    let bytes = 0
    const atomic = this.kv.atomic().check(before).delete(sendingKey)
    for (const entry of sending.entries) {
      const first = await this.firstOf(entry)
      lines += first?.count ?? 0
      bytes += first?.bytes ?? 0
      for (let part = 0; part < (first?.parts ?? 0); part++) atomic.delete(lineKey(entry, part))
    }
    // Another isolate has settled it when the check fails.
    await this.count(atomic, -lines, -bytes).commit()
  }

  async size(): Promise<Pick<EdgeFigures, "lines" | "bytes" | "oldestMs">> {
    const [lines, bytes, [oldest]] = await Promise.all([
      this.counter(countKey),
      this.counter(bytesKey),
      this.oldest()
    ])
    const at = oldest === undefined ? undefined : (await this.firstOf(oldest))?.at
    return { lines, bytes, oldestMs: at === undefined ? 0 : Math.max(0, Date.now() - at) }
  }

  async salt(day: number, proposed: string): Promise<string> {
    const key: Key = ["spoor", "salt", day]
    const expireIn = endOfSalt(day) - Date.now()
    if (expireIn <= 0) throw saltExpired()
    await this.kv.atomic().check({ key, versionstamp: null }).set(key, proposed, { expireIn }).commit()
    const { value } = await this.kv.get(key)
    return typeof value === "string" ? value : proposed
  }

  private async counter(key: Key): Promise<number> {
    const { value } = await this.kv.get(key)
    return Number((value as { readonly value: bigint } | null)?.value ?? 0n)
  }

  private count(atomic: Atomic, lines: number, bytes: number): Atomic {
    const add = (key: Key, amount: number) => {
      const value = this.u64(BigInt.asUintN(64, BigInt(amount)))
      return { type: "sum" as const, key, value }
    }
    return atomic.mutate(add(bytesKey, bytes)).mutate(add(countKey, lines))
  }

  private async firstOf(entry: string): Promise<Entry | undefined> {
    const { value } = await this.kv.get(lineKey(entry, 0))
    return (value ?? undefined) as Entry | undefined
  }

  private async linesOf(entry: string): Promise<ReadonlyArray<ByteString>> {
    const first = await this.firstOf(entry)
    if (first === undefined) return []
    const more = await Promise.all(
      Array.from({ length: first.parts - 1 }, (_, index) => this.kv.get(lineKey(entry, index + 1)))
    )
    return decodeLines(joined([first.blob, ...more.map(({ value }) => value as Uint8Array)]))
  }

  /** The oldest entries up to the limits of a push. */
  private async oldest(): Promise<ReadonlyArray<string>> {
    const entries: Array<string> = []
    let lines = 0
    let bytes = 0
    const found = this.kv.list({ prefix: ["spoor", "lines"] }, { limit: 10 * maxEntries })
    for await (const { key, value } of found) {
      if (key[3] !== 0) continue
      const entry = value as Entry
      lines += entry.count
      bytes += entry.bytes
      if (entries.length > 0 && (lines > maxPushLines || bytes > maxPushBytes)) break
      entries.push(String(key[2]))
      if (entries.length === maxEntries) break
    }
    return entries
  }

  /** The push in flight: that of an earlier attempt or of another isolate, else a new one. */
  private async inFlight(): Promise<Sending | undefined> {
    for (;;) {
      const before = await this.kv.get(sendingKey)
      if (before.value !== null) return before.value as Sending
      const entries = await this.oldest()
      if (entries.length === 0) return undefined
      const sending: Sending = { id: newPushId(), entries }
      const atomic = this.kv.atomic().check({ key: sendingKey, versionstamp: null })
      const { ok } = await atomic.set(sendingKey, sending).commit()
      if (ok) return sending
    }
  }
}

/** Attempts of a write, with growing pauses: a database in a file refuses writes while it is locked by another. */
const maxAttempts = 6
const firstPauseMs = 20

const retried = async (write: () => Promise<unknown>): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    try {
      await write()
      return
    } catch (cause) {
      if (attempt === maxAttempts)
        throw new Failure({
          reason: "unavailable",
          message: `Deno KV does not store lines: ${String(cause)}`
        })
      await new Promise((resolve) => setTimeout(resolve, firstPauseMs * 2 ** attempt * (0.5 + Math.random())))
    }
  }
}

/** Copies: the database stores the whole buffer behind a view. */
const partsOf = (bytes: Uint8Array): ReadonlyArray<Uint8Array> =>
  Array.from(
    { length: Math.ceil(bytes.byteLength / maxValueBytes) },
    (_, index) => new Uint8Array(bytes.subarray(index * maxValueBytes, (index + 1) * maxValueBytes))
  )

const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array => {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.byteLength
  }
  return whole
}
