/**
 * Random histories of clicks and installs (duplicates, crashes at every place, zombies, rebalances and redelivery) end with
 * the conversions of a recount, on both stores. The seed is printed; KEYED_SEED repeats a run.
 */
import { describe, expect, test } from "bun:test"
import { Effect, Logger } from "effect"
import fc from "fast-check"
import { attribution } from "../../../actors/attributor/attribution.ts"
import { candidateKeys, lookupKeyOf } from "../../../actors/attributor/candidate-keys.ts"
import { KeyState } from "../../../actors/attributor/state.ts"
import { readEvent } from "../../../actors/inspect/counters/counted-event.ts"
import type { Behaviour } from "../../../actors/keyed/compute.ts"
import { stateCodec } from "../../../actors/keyed/states.ts"
import { eventId, newBatchId, type Topic } from "../../../contracts/ids.ts"
import {
  attributed,
  keysOf,
  type RecountedClick,
  type RecountedInstall
} from "../../support/recount-conversions.ts"
import { type Crash, crashes, newPartition, newProcess, recordOf, topic } from "../keyed/processes.ts"
import { type Store, seed, stores, withStores } from "../keyed/stores.ts"

const [beforeMs, windowMs] = [20, 60]
const behaviour: Behaviour<KeyState> = {
  handlers: attribution({ beforeMs, windowMs, keepMs: 1e9, rememberMs: 1e6, later: new Set(["pay"]) }),
  codec: stateCodec(KeyState),
  ...{ topics: undefined, emits: "conversions" as Topic, forwards: true }
}

/** Under which of its keys a click waits: by advertising id, by a hash of it, or by address. */
type By = 0 | 1 | 2 | 3 | 4 | "address"
type Two = 0 | 1
type Step =
  | {
      readonly step: "click"
      readonly device: number
      readonly by: By
      readonly later: number
      readonly lasts: number | undefined
    }
  | { readonly step: "install"; readonly device: number; readonly later: number }
  | { readonly step: "again"; readonly back: number; readonly later: number }
  | { readonly step: "read"; readonly process: Two; readonly count: number; readonly crash: Crash }
  | { readonly step: "both"; readonly count: number }
  | { readonly step: "tick"; readonly process: Two; readonly crash: Crash }
  | { readonly step: "rejoin"; readonly process: Two }

const two = fc.constantFrom(0 as const, 1 as const)
const crash = fc.oneof({ weight: 3, arbitrary: fc.constant<Crash>("none") }, fc.constantFrom(...crashes))
const count = fc.integer({ min: 1, max: 6 })
const later = fc.integer({ min: 0, max: 15 })
const device = fc.integer({ min: 0, max: 3 })
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      ...{ step: fc.constant("click" as const), device, later },
      by: fc.constantFrom<By>(0, 0, 1, 2, 3, 4, "address", "address"),
      lasts: fc.option(fc.integer({ min: 0, max: 90 }), { nil: undefined })
    })
  },
  { weight: 4, arbitrary: fc.record({ step: fc.constant("install" as const), device, later }) },
  fc.record({ step: fc.constant("again" as const), back: fc.nat(5), later }),
  { weight: 3, arbitrary: fc.record({ step: fc.constant("read" as const), process: two, count, crash }) },
  fc.record({ step: fc.constant("both" as const), count }),
  { weight: 3, arbitrary: fc.record({ step: fc.constant("tick" as const), process: two, crash }) },
  fc.record({ step: fc.constant("rejoin" as const), process: two })
)

const run = <A>(effect: Effect.Effect<A, unknown>): Promise<A> =>
  Effect.runPromise(Effect.provide(effect, Logger.layer([])))

/** The last device has no advertising id. */
const adidOf = (of: number): string | undefined =>
  of === 3 ? undefined : `3840000${of}-8cf0-11bd-b23e-10b96e40000d`

interface Sent {
  readonly id: string
  readonly text: string
  readonly source: Topic
  readonly click: Omit<RecountedClick, "id" | "at" | "from" | "till"> | undefined
  readonly lasts: number | undefined
  readonly install: Omit<RecountedInstall, "id" | "at"> | undefined
}

/** A click or an install of a device. `shared`: all devices have one address. */
const sentOf = (one: Step, id: string, shared: boolean): Sent => {
  if (one.step !== "click" && one.step !== "install") throw new Error("no event")
  const [adid, address] = [adidOf(one.device), shared ? 1 : one.device + 1]
  const place = `203.0.113.${address}.ios`
  const meta = `bot_name&country=DE&device=mobile&device_name&ip=${3_405_803_776 + address}&klag=0&platform=ios&ts=1`
  const keys = keysOf(adid, place)
  if (one.step === "install") {
    const text = `/t/ist ${meta} ${adid === undefined ? "p" : `adid=${adid}`}`
    return { id, text, source: "installs" as Topic, click: undefined, lasts: undefined, install: { keys } }
  }
  const key = (one.by === "address" ? undefined : keys[one.by]) ?? keys.at(-1) ?? ""
  const lookback = one.lasts === undefined ? "" : `&click_lookback=${one.lasts / 1000}`
  const text = `/click/summer/go ${meta} campaign=summer&lookup_key=${key}${lookback}`
  return { id, text, source: "clicks" as Topic, click: { key }, lasts: one.lasts, install: undefined }
}

interface Played {
  readonly found: ReadonlyArray<string>
  readonly expected: ReadonlyArray<string>
  readonly clicks: ReadonlyMap<string, RecountedClick>
  readonly installs: ReadonlyMap<string, RecountedInstall>
}

const play = async (
  [one, other]: readonly [Store, Store],
  steps: ReadonlyArray<Step>,
  shared: boolean
): Promise<Played> => {
  const actor = `test-${crypto.randomUUID()}`
  const batch = newBatchId()
  const partition = newPartition()
  const processes = [
    newProcess(actor, behaviour, one, partition),
    newProcess(actor, behaviour, other, partition)
  ] as const
  const events: Array<Sent> = []
  const [clicks, installs] = [new Map<string, RecountedClick>(), new Map<string, RecountedInstall>()]
  let now = 1_000
  /** Up to which time a process has believed everything to be read. */
  const ended = [0, 0]
  const add = (sent: Sent): void => {
    const event = readEvent({
      ...{ offset: "0", timestamp: now, key: undefined, headers: {} },
      value: new TextEncoder().encode(sent.text)
    })
    if (event === undefined) throw new Error(sent.text)
    const key = sent.click === undefined ? candidateKeys(event)[0] : lookupKeyOf(event)
    const { id, text, source } = sent
    const offset = partition.records.length
    partition.records.push(recordOf(text, { offset, id, key, source, at: now, clock: now - 1 }))
    if (events.includes(sent)) return
    events.push(sent)
    const { click, install, lasts = windowMs } = sent
    if (click !== undefined)
      clicks.set(id, { ...click, id, at: now, from: now - beforeMs, till: now + lasts })
    if (install !== undefined) installs.set(id, { ...install, id, at: now })
  }
  const believe = (place: Two): void => {
    if (processes[place].isAtEnd()) ended[place] = Math.max(ended[place] ?? 0, now - 1)
  }

  for (const one of steps) {
    if (one.step === "click" || one.step === "install") {
      now += one.later
      add(sentOf(one, eventId(batch, events.length), shared))
    } else if (one.step === "again") {
      now += one.later
      const sent = events.at(-1 - one.back)
      if (sent !== undefined) add(sent)
    } else if (one.step === "read") {
      await run(processes[one.process].read(one.count, one.crash))
      believe(one.process)
    } else if (one.step === "both") {
      const reads = processes.map((each) => each.read(one.count, "none"))
      await run(Effect.all(reads, { concurrency: "unbounded" }))
      believe(0)
      believe(1)
    } else if (one.step === "tick") {
      believe(one.process)
      await run(processes[one.process].tick(ended[one.process] ?? 0, one.crash))
    } else processes[one.process].rejoin()
  }

  const [owner] = processes
  owner.rejoin()
  // Each key passes an install on to the next one.
  for (let round = 0; round < 8; round++) {
    while (!owner.isAtEnd()) await run(owner.read(3, "none"))
    await run(owner.tick(now + 1_000 + round, "none"))
  }
  const place = { actor, topic, partition: 0 }
  expect(await run(one.outputs(place, 10))).toEqual([])
  const found = new Map(
    partition.appended.map(({ headers, value }) => {
      const params = new URLSearchParams(new TextDecoder().decode(value).split(" ")[2])
      return [headers.id, `${params.get("click_id")} ${params.get("event_id")}`]
    })
  )
  const expected = attributed([...clicks.values()], [...installs.values()], beforeMs)
  return { found: [...found.values()].toSorted(), expected, clicks, installs }
}

const runs = (name: string): number =>
  Number(globalThis.process.env.KEYED_RUNS ?? (name === "on Redis" ? 60 : 40))
const history = fc.array(step, { maxLength: 80, size: "max" })

describe("a random history ends with the conversions of a recount", () => {
  for (const [name, open] of stores) {
    test.skipIf(open === undefined)(
      `each device with its own address, ${name}`,
      async () => {
        globalThis.process.stdout.write(`attribution ${name}, seed ${seed}\n`)
        let conversions = 0
        await withStores(open, (both) =>
          fc.assert(
            fc.asyncProperty(history, async (steps) => {
              const { found, expected } = await play(both, steps, false)
              expect(found).toEqual([...expected])
              conversions += found.length
            }),
            { seed, numRuns: runs(name) }
          )
        )
        expect(conversions).toBeGreaterThan(runs(name))
      },
      120_000
    )
  }
})

describe("where devices compete for the clicks of one address", () => {
  for (const [name, open] of stores) {
    test.skipIf(open === undefined)(
      `a click wins one install, in its window, and an install is won once, ${name}`,
      () =>
        withStores(open, (both) =>
          fc.assert(
            fc.asyncProperty(history, async (steps) => {
              const { found, clicks, installs } = await play(both, steps, true)
              const pairs = found.map((text) => text.split(" "))
              for (const place of [0, 1])
                expect(new Set(pairs.map((pair) => pair[place])).size).toBe(pairs.length)
              for (const [clickId = "", installId = ""] of pairs) {
                const [click, install] = [clicks.get(clickId), installs.get(installId)]
                if (click === undefined || install === undefined) throw new Error("it was never sent")
                expect(install.keys).toContain(click.key)
                expect(install.at).toBeGreaterThanOrEqual(click.from)
                expect(install.at).toBeLessThanOrEqual(click.till)
              }
            }),
            { seed, numRuns: runs(name) }
          )
        ),
      120_000
    )
  }
})
