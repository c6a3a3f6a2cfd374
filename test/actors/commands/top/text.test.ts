/** The text of `top`: it fits the terminal, shows every error, and escapes control characters. */
import { describe, expect, test } from "bun:test"
import { topLines } from "../../../../actors/commands/top/text.ts"
import type { InstanceView, StageView, SystemView } from "../../../../actors/inspect/pipeline/system-view.ts"

const stage = (name: string, more: Partial<StageView> = {}): StageView => ({
  name,
  kind: "actor",
  condition: "flows",
  sentence: "",
  instances: 1,
  rate: 1_234.5,
  failedRate: 0,
  rejectedRate: 0,
  events: 10,
  failed: 0,
  rejected: 0,
  ...more
})

const instance = (id: number, more: Partial<InstanceView> = {}): InstanceView => ({
  name: "enricher",
  id: String(id),
  version: "1.2.3",
  host: "host",
  pid: String(id),
  started: "2026-01-01T00:00:00.000Z",
  summary: "",
  receives: "",
  sends: "",
  rate: 5,
  failedRate: 0,
  events: {},
  underWay: null,
  capacity: null,
  took: null,
  lag: null,
  lastError: "",
  silentFor: 0,
  troubles: {},
  ...more
})

const view = (more: Partial<SystemView> = {}): SystemView => ({
  at: Date.UTC(2026, 0, 2, 3, 4, 5),
  condition: "flows",
  sentence: "Everything is flowing.",
  stages: [
    stage("gateway"),
    stage("queue", { kind: "queue", instances: 0, waiting: 1_200, inFlight: 3, dead: 2 })
  ],
  instances: [],
  seams: [{ name: "queue", kind: "Redis", embedded: false, address: "redis:6379", ok: true }],
  troubles: [],
  ...more
})

const anyRoom = { rows: undefined, columns: undefined }
const textOf = (shown: SystemView, room = anyRoom as Parameters<typeof topLines>[1]): string =>
  topLines(shown, room)
    .map(({ text }) => text)
    .join("\n")

describe("top", () => {
  test("shows stages with their backlog, and the services", () => {
    const text = textOf(view())
    expect(text).toStartWith("Spoor  2026-01-02 03:04:05 UTC\nEverything is flowing.\n")
    expect(text).toMatch(/^gateway +flowing +1 +1,235 /m)
    expect(text).toMatch(/^queue +flowing .* 1,200 waiting; 3 in flight; 2 dead letters$/m)
    expect(text).toMatch(/^queue +Redis +redis:6379 +answers$/m)
  })

  test("marks errors", () => {
    const lines = topLines(
      view({
        condition: "down",
        sentence: "The enricher is down: No enricher runs.",
        stages: [stage("enricher", { condition: "down", sentence: "No enricher runs." })],
        instances: [instance(1, { silentFor: 12 }), instance(2, { troubles: { log: "it is away" } })],
        seams: [{ name: "log", kind: "Kafka", embedded: false, address: "k", ok: false, error: "refused" }],
        troubles: ["The queue cannot be checked."]
      }),
      anyRoom
    )
    const bad = lines.filter(({ style }) => style === "bad").map(({ text }) => text)
    expect(bad).toEqual([
      "The enricher is down: No enricher runs.",
      "The queue cannot be checked.",
      expect.stringMatching(/^enricher +down .* No enricher runs\.$/),
      expect.stringMatching(/silent for 12 s$/),
      expect.stringMatching(/log: it is away$/),
      expect.stringMatching(/^log .* refused$/)
    ])
  })

  test("fifty instances on a small terminal: some are dropped and counted, and the services stay", () => {
    const instances = Array.from({ length: 50 }, (_, i) => instance(i))
    const lines = topLines(view({ instances }), { rows: 24, columns: 60 })
    expect(lines).toHaveLength(24)
    expect(lines.every(({ text }) => text.length <= 60)).toBe(true)
    expect(textOf(view({ instances }), { rows: 24, columns: 60 })).toMatch(/^… and 3\d more\n\nsystem +kind/m)
  })

  test("every line fits eighty columns, and no reason is lost", () => {
    const why =
      "Nothing gets through: a system it needs cannot be reached or refuses. It cannot reach its log: Kafka at kafka-0.internal.example:9092: connect ECONNREFUSED 10.0.0.7:9092."
    const consumer = { kind: "consumer", behind: 123_456, took: 1_234, lag: 5_400_000 } as const
    const busy = { underWay: 12, capacity: 2_560, took: 9_999, lag: 86_400_000, rate: 123_456 } as const
    const shown = view({
      condition: "stands still",
      sentence: `The bridge is stalled: ${why}`,
      stages: [
        stage("metadata-counter", { condition: "stands still", sentence: why, ...consumer }),
        stage("bridge", { condition: "stands still", sentence: why, ...busy })
      ],
      instances: [instance(1, { troubles: { log: why } })],
      seams: [{ name: "log", kind: "Kafka", embedded: false, address: "k:9092", ok: false, error: why }],
      troubles: [why]
    })
    const lines = topLines(shown, { rows: undefined, columns: 80 }).map(({ text }) => text)
    for (const text of lines) expect(text.length).toBeLessThanOrEqual(80)
    const shownText = lines.map((text) => text.trim()).join(" ")
    expect(shownText.split(why)).toHaveLength(6)
    expect(lines.join("\n")).toMatch(/^stage +state +.*a second +failed/m)
    expect(shownText).toContain("does not answer, see above")
  })

  test("a word longer than a line is broken, not lost", () => {
    const sentence = `x${"y".repeat(200)}`
    const lines = topLines(view({ sentence }), { rows: undefined, columns: 60 }).map(({ text }) => text)
    expect(lines.slice(1, 5).join("")).toBe(sentence)
  })

  test("an unknown figure is a dash, never 0", () => {
    const none = { instances: null, rate: null, failedRate: null, rejectedRate: null } as const
    const more = { ...none, underWay: null, capacity: null, took: null, lag: null } as const
    const text = textOf(
      view({
        stages: [
          stage("gateway", { condition: "unknown", sentence: "It cannot be checked.", ...more }),
          stage("queue", { kind: "queue", ...none, instances: 0, waiting: null, inFlight: null, dead: null })
        ],
        instances: [instance(1, { rate: null, failedRate: null })],
        seams: [{ name: "log", kind: "Kafka", embedded: false, address: "k", ok: null }]
      })
    )
    expect(text).toMatch(/^gateway +unknown( +–){7} +It cannot be checked\.$/m)
    expect(text).toMatch(/^queue .* – waiting; – in flight; – dead letters$/m)
    expect(text).toMatch(/^log +Kafka +k +–$/m)
    expect(text).not.toMatch(/ 0 /)
  })

  test("control characters in untrusted texts are escaped", () => {
    const evil = "\u001b[2J\u009b\u202e\r\nx"
    const text = textOf(
      view({
        sentence: evil,
        stages: [stage(evil, { sentence: evil })],
        instances: [
          instance(1, { name: evil, host: evil, pid: evil, version: evil, troubles: { [evil]: evil } })
        ],
        seams: [{ name: evil, kind: evil, embedded: false, address: evil, ok: false, error: evil }],
        troubles: [evil]
      })
    )
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
  })
})
