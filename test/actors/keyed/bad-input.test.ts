/** Bad input of keyed actors: settings that cannot work end the start, bad events and keys lose nothing else. */
import { describe, expect, test } from "bun:test"
import { ConfigProvider, Effect, Schema } from "effect"
import { type Behaviour, compute } from "../../../actors/keyed/compute.ts"
import type { KeyedEvent } from "../../../actors/keyed/definition.ts"
import { commitId, emittedRecord } from "../../../actors/keyed/emission.ts"
import { makeEngine } from "../../../actors/keyed/engine.ts"
import { keyed } from "../../../actors/keyed/keyed.ts"
import { maxChangedBytes } from "../../../actors/keyed/limits.ts"
import { stateCodec } from "../../../actors/keyed/states.ts"
import { keyIn, readRekeyed, readSource } from "../../../actors/runtime/inbox/key.ts"
import { Sessions, sessionRules } from "../../../actors/sessions.ts"
import type { Topic } from "../../../contracts/ids.ts"
import { recordOf, topic } from "./processes.ts"
import { stores, withStores } from "./stores.ts"

/** The sentence with which the settings of an actor fail; undefined when they work. */
const sentence = async (settings: Record<string, string>, actor = Sessions): Promise<string | undefined> => {
  const checks = Effect.forEach(actor.checks, (check) => check, { discard: true })
  const result = await Effect.runPromise(
    Effect.result(Effect.provide(checks, ConfigProvider.layer(ConfigProvider.fromUnknown(settings))))
  )
  return result._tag === "Success" ? undefined : result.failure.message
}

describe("settings that cannot work end the start with one sentence", () => {
  test("the topic of the results is one that the actor reads", async () => {
    expect(await sentence({ KAFKA_TOPICS: "sessions" })).toMatch(
      /^SESSION_TOPIC "sessions" is one of KAFKA_TOPIC/
    )
    expect(await sentence({ SESSION_TOPIC: "a b" })).toMatch(/SESSION_TOPIC "a b" is not a valid name/)
  })

  test("the parameter cannot be part of a topic's name, unless the topic is keyed already", async () => {
    expect(await sentence({ SESSION_PARAM: "a[b]" })).toMatch(/SESSION_PARAM make "spoor-by-a\[b\]"/)
    expect(await sentence({ SESSION_PARAM: "a[b]", KAFKA_KEY_PARAM: "a[b]" })).toBeUndefined()
    expect(await sentence({})).toBeUndefined()
  })

  test("the copies by key would be copied again", async () => {
    expect(await sentence({ KAFKA_TOPICS: "spoor-by-deviceid" })).toMatch(
      /^sessions would copy events to "spoor-by-deviceid", .*choose another REKEY_PREFIX/
    )
    expect(await sentence({ SESSION_TOPIC: "by-deviceid", REKEY_PREFIX: "by-" })).toMatch(
      /^sessions would copy events to "by-deviceid"/
    )
    expect(await sentence({ KAFKA_TOPIC: "spoor-by-deviceid", KAFKA_KEY_PARAM: "deviceid" })).toBeUndefined()
  })

  test("an actor without settings is checked too", async () => {
    const state = Schema.Struct({})
    const own = keyed({
      ...{ name: "own", summary: "A test.", param: "id", emits: "events", state },
      handlers: () => ({ onEvent: () => ({}) })
    })
    expect(await sentence({}, own)).toMatch(/^The topic "events" of own is one of KAFKA_TOPIC/)
  })

  test("an actor has a parameter or a function, not both and not none", () => {
    const rest = { name: "own", summary: "A test.", state: Schema.Struct({}) }
    const handlers = () => ({ onEvent: () => ({}) })
    expect(() => keyed({ ...rest, handlers })).toThrow(
      /needs either a parameter \(param\) or a function \(key\)/
    )
    const key = () => () => "k"
    expect(() => keyed({ ...rest, param: "id", key, handlers })).toThrow(/needs either/)
  })

  test("an actor that computes its keys names a topic that must be there", async () => {
    const own = keyed({
      ...{ name: "own", summary: "A test.", state: Schema.Struct({}), needs: ["clicks"] },
      ...{ key: () => () => "k", handlers: () => ({ onEvent: () => ({}) }) }
    })
    expect(await sentence({}, own)).toMatch(/^own reads the topic "clicks", which is none of KAFKA_TOPIC/)
    expect(await sentence({ KAFKA_TOPICS: "clicks", KAFKA_KEY_PARAM: "own" }, own)).toBeUndefined()
    expect(await sentence({ KAFKA_TOPICS: "clicks,spoor-by-own" }, own)).toMatch(
      /choose another REKEY_PREFIX/
    )
  })

  test("a topic that an actor reads is none of the settings", async () => {
    const own = keyed({
      ...{
        name: "own",
        summary: "A test.",
        param: "id",
        topics: ["events", "clicks"],
        state: Schema.Struct({})
      },
      handlers: () => ({ onEvent: () => ({}) })
    })
    expect(await sentence({}, own)).toMatch(/^own reads the topic "clicks", which is none of KAFKA_TOPIC/)
    expect(await sentence({ KAFKA_TOPICS: "clicks" }, own)).toBeUndefined()
  })
})

test("a key that is missing, empty, too long or in a record without an event is passed over", () => {
  const key = (text: string) =>
    keyIn(
      { offset: "0", timestamp: 0, key: undefined, headers: {}, value: new TextEncoder().encode(text) },
      "id"
    )
  expect(key("view type= id=a%20b&n=1")).toBe("a b")
  expect(key("view type= n=1")).toBeUndefined()
  expect(key("view type= id=&n=1")).toBeUndefined()
  expect(key(`view type= id=${"x".repeat(513)}`)).toBeUndefined()
  expect(key("no event")).toBeUndefined()
  expect(key("view type= id=%ED%A0%80")?.isWellFormed()).toBe(true)
})

const State = Schema.Struct({ text: Schema.String })
const behaviourOf = (
  onEvent: (text: string) => object,
  onTimer?: () => object
): Behaviour<{ text: string }> => ({
  handlers: {
    onEvent: (event) => onEvent(event.param("does") ?? ""),
    ...(onTimer === undefined ? {} : { onTimer })
  } as Behaviour<{ text: string }>["handlers"],
  codec: stateCodec(State),
  topics: undefined,
  emits: "results" as Topic
})

const place = { actor: "test", topic, partition: 0 }
const events = (...texts: ReadonlyArray<string>) =>
  texts.map((text, offset) =>
    recordOf(`view type= does=${text}`, { offset, id: undefined, key: "k", source: topic, at: 10, clock: 9 })
  )
const loadedWith = (count: number) => ({
  ...{ version: 0, clock: 0, partitions: undefined, states: new Map(), timers: [] },
  verdicts: Array.from({ length: count }, () => "fresh" as const),
  fences: {
    plan: { offsets: [], end: "0", groups: [] },
    stored: { next: undefined, bitmaps: [] },
    verdicts: []
  }
})
const computed = (behaviour: Behaviour<{ text: string }>, texts: ReadonlyArray<string>, clock = 0) =>
  compute(
    place,
    behaviour,
    loadedWith(texts.length),
    events(...texts),
    { clock, partitions: 1 },
    commitId(place, 1, 1_796_000_000_000)
  )

describe("a call that cannot be kept is skipped, with its place, and changes nothing", () => {
  const bad: ReadonlyArray<readonly [what: string, result: () => object, reason: RegExp]> = [
    [
      "it throws",
      () => {
        throw new Error("poison")
      },
      /^poison$/
    ],
    [
      "the state is too large",
      () => ({ state: { text: "x".repeat(70_000) } }),
      /has 700\d\d bytes; at most 65536/
    ],
    ["the state does not match the schema", () => ({ state: { text: 5 } }), /string/i],
    ["the time of a timer is none", () => ({ timers: { a: Number.NaN } }), /"a" is due at NaN/],
    ["an emission has no type", () => ({ emit: [{ type: "", params: {} }] }), /needs a type/],
    [
      "an emission is too large",
      () => ({ emit: [{ type: "a", params: { x: "y".repeat(70_000) } }] }),
      /at most 65536/
    ]
  ]
  for (const [what, result, reason] of bad)
    test(what, () => {
      const behaviour = behaviourOf((does) => (does === "bad" ? result() : { state: { text: "good" } }))
      const { failed, changes, handled, isComplete } = computed(behaviour, ["good", "bad", "good"])
      expect(failed.map(({ message }) => message)).toEqual([expect.stringMatching(reason)])
      expect(failed[0]?.what).toBe('key "k" (events 0, offset 1, id none)')
      expect([handled, changes.handled, isComplete]).toEqual([3, 3, true])
      expect(new TextDecoder().decode(changes.states.get("k"))).toBe('{"text":"good"}')
      expect([changes.timers, changes.outputs]).toEqual([[], []])
    })

  test("a timer that sets a timer for its own time or before it is removed instead of firing for ever", () => {
    const behaviour = behaviourOf(
      () => ({ timers: { a: 20 } }),
      () => ({ timers: { a: 20 } })
    )
    const { failed, fired, changes } = computed(behaviour, ["good"], 100)
    expect([fired, failed[0]?.message]).toEqual([1, expect.stringMatching(/it must be later/)])
    expect(changes.timers).toEqual([{ key: "k", name: "a", due: undefined }])
  })
})

describe("an event that cannot be passed on is skipped, and one that can keeps what it is", () => {
  const kept = (hops = 0) => ({
    topic: "clicks" as Topic,
    at: 5,
    received: 4,
    hops,
    text: "view type= n=%FC\xfc"
  })
  const passing = (key: string, hops = 0, forwards = true) =>
    computed({ ...behaviourOf(() => ({ forward: [{ key, event: kept(hops) }] })), forwards }, ["good"], 20)

  test("to a key that is none, too often, or without computed keys", () => {
    expect(passing("").failed[0]?.message).toBe('An event is passed on to the key "", which is none.')
    expect(passing("x".repeat(513)).failed[0]?.message).toMatch(/which is none/)
    expect(passing("other", 16).failed[0]?.message).toMatch(/passed on 16 times: it may go in a circle/)
    expect(passing("other", 0, false).failed[0]?.message).toMatch(/does not compute keys/)
    expect(passing("", 0).changes.outputs).toEqual([])
  })

  test("its bytes, its id and its times; it has one hop more and an id of its own for the fences", () => {
    const [output] = passing("other", 2).changes.outputs
    if (output === undefined) throw new Error("nothing was passed on")
    expect([output.topic, output.key, output.value.at(-1)]).toEqual([topic, "other", 0xfc])
    const { value, headers } = output
    const read = readRekeyed({ offset: "9", timestamp: 30, key: "other", value, headers })
    expect(read).toMatchObject({ source: "clicks", at: 5, clock: 9, forwarded: { id: undefined, hops: 3 } })
    const named = { ...kept(), id: "own" }
    const behaviour = {
      ...behaviourOf(() => ({
        forward: [
          { key: "a", event: named },
          { key: "b", event: named }
        ]
      })),
      forwards: true
    }
    const both = computed(behaviour, ["good"]).changes.outputs.map((one) => one.headers)
    expect(both.map(({ of }) => of)).toEqual(["own", "own"])
    expect(new Set(both.map(({ id }) => id)).size).toBe(2)
  })
})

test("a commit ends when its emitted records are large", () => {
  const behaviour = behaviourOf(() => ({ emit: [{ type: "a", params: { x: "y".repeat(60_000) } }] }))
  const { changes, isComplete } = computed(
    behaviour,
    Array.from({ length: 200 }, () => "good")
  )
  const bytes = changes.outputs.reduce((sum, { value }) => sum + value.length, 0)
  expect(isComplete).toBe(false)
  expect(bytes).toBeLessThan(maxChangedBytes + 70_000)
})

test("a client that sends long event types keeps no session from ending", () => {
  const rules = sessionRules("deviceid", 30)
  const type = "€".repeat(10_000)
  const event = { at: 10, received: 10, type } as KeyedEvent
  const { state } = rules.onEvent(event, { key: "k", state: undefined, now: 9 })
  const ended = rules.onTimer?.({ name: "end", due: 41 }, { key: "k", state, now: 41 })
  const [emission] = ended?.emit ?? []
  expect(emission).toBeDefined()
  const at = { actor: "sessions", topic, key: "k", time: 41, id: commitId(place, 1, 41), index: 0 }
  if (emission !== undefined) expect(() => emittedRecord(emission, at)).not.toThrow()
})

test("a record that is keyed by another parameter, or not at all, is passed over in a topic with keys", () => {
  const keyOf = (key: string | undefined, hasKeys: boolean) => {
    const value = new TextEncoder().encode("view type= id=a%20b")
    const options = { param: "id", topic, hasKeys, delayMs: 1 }
    return readSource({ offset: "0", timestamp: 0, key, headers: {}, value }, options).key
  }
  expect([keyOf("a b", true), keyOf("user 7", true), keyOf(undefined, true)]).toEqual([
    "a b",
    undefined,
    undefined
  ])
  expect(keyOf("user 7", false)).toBe("a b")
})

for (const [name, open] of stores) {
  test.skipIf(open === undefined)(
    `a partition stops when its number changed or a state does not match the schema, and loses nothing, ${name}`,
    () =>
      withStores(open, async ([store]) => {
        const actor = `test-${crypto.randomUUID()}`
        const handle = async <S>(behaviour: Behaviour<S>, partitions: number, offset: number) => {
          const engine = makeEngine({
            ...{ actor, behaviour, store, meter: { count: () => Effect.void } },
            log: { append: () => Effect.succeed([]) },
            figures: { add: () => Effect.void, set: () => Effect.void }
          })
          const given = { offset, id: undefined, key: "k", source: topic, at: 10, clock: 9 }
          const records = [recordOf("view type= does=x", given)]
          const message = { topic, partition: 0, records, end: String(offset + 1), clock: 0, partitions }
          const result = await Effect.runPromise(Effect.result(engine(message)))
          return result._tag === "Success" ? "done" : result.failure.message
        }
        const texts = behaviourOf(() => ({ state: { text: "one" } }))
        const numbers: Behaviour<{ readonly n: number }> = {
          ...{ topics: undefined, emits: undefined, codec: stateCodec(Schema.Struct({ n: Schema.Number })) },
          handlers: { onEvent: () => ({ state: { n: 1 } }) }
        }
        expect(await handle(texts, 3, 0)).toBe("done")
        expect(await handle(texts, 6, 1)).toMatch(/has 6 partitions, but .* keeps its state for 3/)
        expect(await handle(numbers, 3, 1)).toMatch(/"k" does not match the schema of the actor/)
        expect(await handle(texts, 3, 1)).toBe("done")
      })
  )
}
