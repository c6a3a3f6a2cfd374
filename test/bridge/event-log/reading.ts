/** The contract of reading, for every event log: group members share the records, each is handled until it succeeds; watchers commit nothing. */
import { expect } from "bun:test"
import { Deferred, Effect, Exit, Fiber } from "effect"
import { eventually } from "../../support/eventually.ts"
import { newName, newTopic, record, startReader } from "../../support/logs.ts"
import { append, type Check, run, topicWith } from "./check.ts"

export const reading = (check: Check): void => {
  check(
    "a new member continues at the committed offset; another group begins at the oldest record",
    async ({ log, other }) => {
      const topic = await topicWith(log, "1", "2")
      const group = newName("group")
      const first = startReader(log, { group, topics: [topic], from: "oldest" })
      await first.has(2)
      expect(Exit.hasInterrupts(await first.stop())).toBe(true)
      await append(log, topic, "3")
      const second = startReader(other, { group, topics: [topic], from: "oldest" })
      const stranger = startReader(other, { group: newName("group"), topics: [topic], from: "oldest" })
      await second.has(1)
      await stranger.has(3)
      await second.stop()
      await stranger.stop()
      expect(second.texts()).toEqual(["3"])
      expect(stranger.texts()).toEqual(["1", "2", "3"])
    }
  )

  check(
    "a new group may begin at a time, which is committed before it has read anything",
    async ({ log, other }) => {
      const topic = await topicWith(log, "1")
      const before = Date.now()
      await eventually("the next record is later", () => Date.now() > before + 2)
      await append(log, topic, "2")
      const times = startReader(other, { group: newName("group"), topics: [topic], from: "oldest" })
      await times.has(2)
      await times.stop()
      const stored = times.batches.flatMap(({ records }) => records)
      const at = (text: string): number =>
        stored.find(({ value }) => new TextDecoder().decode(value) === text)?.timestamp ?? 0
      expect(at("2")).toBeGreaterThan(at("1"))
      const late = startReader(log, { group: newName("group"), topics: [topic], from: { since: at("2") } })
      await late.has(1)
      await late.stop()
      expect(late.texts()).toEqual(["2"])

      const group = newName("group")
      let isAtEnd = false
      const partitions = (await run(log.partitions([topic]))).get(topic) ?? 0
      const ends = new Set<number>()
      const watch = {
        owned: () => {},
        caughtUp: ({ partition }: { readonly partition: number }) => {
          isAtEnd = ends.add(partition).size === partitions
        }
      }
      const future = { since: Date.now() + 3_600_000 }
      const first = startReader(log, { group, topics: [topic], from: future, watch })
      await eventually("it stands at the end of every partition", () => isAtEnd)
      await first.stop()
      expect(first.texts()).toEqual([])
      await append(log, topic, "3")
      const second = startReader(other, { group, topics: [topic], from: future })
      await second.has(1)
      await second.stop()
      expect(second.texts()).toEqual(["3"])
    }
  )

  check("a batch whose handler fails or crashes is delivered again unchanged", async ({ log }) => {
    const topic = await topicWith(log, "1", "2")
    const offsets: Array<string | undefined> = []
    const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" }, (batch) => {
      offsets.push(batch.records[0]?.offset)
      if (offsets.length === 1) return Effect.fail("not now")
      return offsets.length === 2 ? Effect.die(new Error("a mistake in the code")) : Effect.void
    })
    await reader.has(2)
    await append(log, topic, "3")
    await reader.has(3)
    await reader.stop()
    expect(offsets.slice(0, 4)).toEqual(["0", "0", "0", "2"])
    expect(reader.texts()).toEqual(["1", "2", "3"])
  })

  check(
    "a watched member learns which partitions it owns, also without records, and when it has read them to the end",
    async ({ log, other }) => {
      const topic = newTopic()
      await run(log.ensureTopics([topic]))
      const counts = await run(log.partitions([topic]))
      const partitions = Array.from({ length: counts.get(topic) ?? 0 }, (_, partition) => partition)
      expect(partitions.length).toBeGreaterThan(0)
      let owned: ReadonlyArray<number> = []
      const ends = new Map<number, number>()
      const watch = {
        owned: (places: ReadonlyArray<{ readonly partition: number }>) => {
          owned = places.map(({ partition }) => partition).toSorted()
        },
        caughtUp: ({ partition }: { readonly partition: number }, asOf: number) =>
          void ends.set(partition, asOf)
      }
      let isHeld = false
      const tried: Array<number> = []
      const options = { group: newName("group"), topics: [topic], from: "oldest" as const, watch }
      const reader = startReader(log, options, ({ partition }) => {
        tried.push(partition)
        return isHeld ? Effect.fail("not yet") : Effect.void
      })
      const isAtEnd = (partition: number, time: number) => (ends.get(partition) ?? 0) > time
      await eventually("all are owned and at their end", () =>
        partitions.every((partition) => owned.includes(partition) && isAtEnd(partition, 0))
      )
      isHeld = true
      await append(other, topic, "1")
      const appended = Date.now()
      await eventually("the record was tried several times", () => tried.length >= 3)
      const [full = 0] = tried
      expect(isAtEnd(full, appended)).toBe(false)
      isHeld = false
      await reader.has(1)
      await eventually("all are at their end again", () =>
        partitions.every((partition) => isAtEnd(partition, appended))
      )
      await reader.stop()
      expect(owned).toEqual([])
    }
  )

  check("the partitions of an unknown topic are not known", async ({ log }) => {
    const failure = await run(Effect.flip(log.partitions([newTopic()])))
    expect(failure.reason).toBe("unavailable")
  })

  check("a batch that never succeeded is not committed", async ({ log, other }) => {
    const topic = await topicWith(log, "1", "2")
    const group = newName("group")
    let tries = 0
    const failing = startReader(log, { group, topics: [topic], from: "oldest" }, () => {
      tries += 1
      return Effect.fail("never")
    })
    await eventually("it was tried twice", () => tries >= 2)
    await failing.stop()
    expect(failing.texts()).toEqual([])
    const next = startReader(other, { group, topics: [topic], from: "oldest" })
    await next.has(2)
    await next.stop()
    expect(next.texts()).toEqual(["1", "2"])
  })

  check("batches stay small; a failed one is delivered again without earlier ones", async ({ log }) => {
    const small = Array.from({ length: 5_000 }, (_, i) => `${i}`)
    const topic = await topicWith(log, ...small)
    const large = Array.from({ length: 25 }, (_, i) => `${i} `.padEnd(100_000, "x"))
    await append(log, topic, ...large)
    const begins: Array<number> = []
    const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" }, (batch) => {
      begins.push(Number(batch.records[0]?.offset))
      return begins.length === 3 ? Effect.fail("not now") : Effect.void
    })
    await reader.has(5_025)
    await reader.stop()
    expect(begins.slice(0, 4)).toEqual([0, 1_000, 2_000, 2_000])
    expect(reader.texts()).toEqual([...small, ...large])
    for (const { records } of reader.batches) {
      expect(records.length).toBeLessThanOrEqual(1_000)
      expect(records.reduce((sum, { value }) => sum + value.length, 0)).toBeLessThanOrEqual(1024 * 1024)
    }
  })

  check(
    "an interruption ends the reading after the batch in flight, whatever was fetched",
    async ({ log, other }) => {
      const texts = Array.from({ length: 3_000 }, (_, i) => `${i}`)
      const topic = await topicWith(log, ...texts)
      const group = newName("group")
      const begun = Deferred.makeUnsafe<void>()
      const mayEnd = Deferred.makeUnsafe<void>()
      const reader = startReader(log, { group, topics: [topic], from: "oldest" }, () =>
        Effect.andThen(Deferred.succeed(begun, undefined), Deferred.await(mayEnd))
      )
      await run(Deferred.await(begun))
      const stopped = reader.stop()
      await run(Deferred.succeed(mayEnd, undefined))
      await stopped
      expect(reader.texts()).toEqual(texts.slice(0, 1_000))
      const next = startReader(other, { group, topics: [topic], from: "oldest" })
      await next.has(2_000)
      await next.stop()
      expect(next.texts()).toEqual(texts.slice(1_000))
    }
  )

  check("an interruption waits for the running handler and commits its batch", async ({ log, other }) => {
    const topic = await topicWith(log, "1")
    const group = newName("group")
    const begun = Deferred.makeUnsafe<void>()
    const mayEnd = Deferred.makeUnsafe<void>()
    const reader = startReader(log, { group, topics: [topic], from: "oldest" }, () =>
      Effect.andThen(Deferred.succeed(begun, undefined), Deferred.await(mayEnd))
    )
    await run(Deferred.await(begun))
    let ended = false
    const stopped = reader.stop().then(() => {
      ended = true
    })
    const settled = await run(
      Effect.timeoutOption(
        Effect.promise(() => stopped),
        "300 millis"
      )
    )
    expect([settled._tag, ended]).toEqual(["None", false])
    await run(Deferred.succeed(mayEnd, undefined))
    await stopped
    expect(reader.texts()).toEqual(["1"])
    await append(log, topic, "2")
    const next = startReader(other, { group, topics: [topic], from: "oldest" })
    await next.has(1)
    await next.stop()
    expect(next.texts()).toEqual(["2"])
  })

  check("members of a group share the records; each is handled once", async ({ log, other }) => {
    const topics = [await topicWith(log), await topicWith(log)]
    const options = { group: newName("group"), topics, from: "oldest" as const }
    const members = [startReader(log, options), startReader(log, options), startReader(other, options)]
    const texts = Array.from({ length: 300 }, (_, i) => `text ${i}`)
    const all = () => members.flatMap((member) => member.texts())
    for (const [i, text] of texts.entries()) {
      await run(
        log.append(
          topics.map((topic) => record(topic, text)),
          `batch ${i}`
        )
      )
    }
    await eventually("all records are handled", () => all().length >= 2 * texts.length, 40_000)
    await Promise.all(members.map((member) => member.stop()))
    const counts = new Map<string, number>()
    for (const member of members) {
      for (const { topic, partition, records } of member.batches) {
        for (const { offset } of records) {
          const name = `${topic} ${partition} ${offset}`
          counts.set(name, (counts.get(name) ?? 0) + 1)
        }
      }
    }
    expect(counts.size).toBe(2 * texts.length)
    expect([...all()].sort()).toEqual([...texts, ...texts].sort())
  })

  check("another member takes over when one leaves", async ({ log, other }) => {
    const topic = await topicWith(log, "1")
    const options = { group: newName("group"), topics: [topic], from: "oldest" as const }
    const first = startReader(log, options)
    await first.has(1)
    const second = startReader(other, options)
    await first.stop()
    await append(log, topic, "2")
    await second.has(1)
    await second.stop()
    expect(second.texts()).toEqual(["2"])
  })

  check(
    "each watcher begins the given number of records before the end, every time",
    async ({ log, other }) => {
      const topic = await topicWith(log, "1", "2", "3", "4")
      const options = { group: newName("watchers"), topics: [topic], from: 2 }
      const watchers = [startReader(log, options), startReader(other, options)]
      for (const watcher of watchers) await watcher.has(2)
      await append(log, topic, "5")
      for (const watcher of watchers) {
        await watcher.has(3)
        await watcher.stop()
        expect(watcher.texts()).toEqual(["3", "4", "5"])
      }
      const again = startReader(log, options)
      const all = startReader(log, { ...options, from: 100 })
      await again.has(2)
      await all.has(5)
      await again.stop()
      await all.stop()
      expect(again.texts()).toEqual(["4", "5"])
      expect(all.texts()).toEqual(["1", "2", "3", "4", "5"])
    }
  )

  check("a watcher from 0 gets only new records", async ({ log }) => {
    const topic = await topicWith(log, "old")
    const watcher = startReader(log, { group: newName("watcher"), topics: [topic], from: 0 })
    let sent = 0
    const sending = Effect.runFork(
      Effect.forever(
        Effect.andThen(
          Effect.promise(() => append(log, topic, `new ${sent++}`)),
          Effect.sleep("50 millis")
        )
      )
    )
    await watcher.has(3)
    await run(Fiber.interrupt(sending))
    await watcher.stop()
    expect(watcher.texts().every((text) => text.startsWith("new"))).toBe(true)
  })

  check("reading begins as soon as the topic exists", async ({ log }) => {
    const topic = newTopic()
    const reader = startReader(log, { group: newName("group"), topics: [topic], from: "oldest" })
    const watcher = startReader(log, { group: newName("group"), topics: [topic], from: 5 })
    await run(log.ensureTopics([topic]))
    await append(log, topic, "1")
    await reader.has(1)
    await watcher.has(1)
    await reader.stop()
    await watcher.stop()
  })
}
