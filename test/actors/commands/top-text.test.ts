/** What `top` shows: the right words, in the room there is, and nothing that steers a terminal. */
import { describe, expect, test } from "bun:test"
import { topLines } from "../../../actors/commands/top-text.ts"
import type { InstanceView, StageView, SystemView } from "../../../actors/watch/system-view.ts"

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
  lastError: "",
  silentFor: 0,
  troubles: {},
  ...more
})

const view = (more: Partial<SystemView> = {}): SystemView => ({
  at: Date.UTC(2026, 0, 2, 3, 4, 5),
  condition: "flows",
  sentence: "Everything flows.",
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
  test("shows stages, what they hold, and the systems", () => {
    const text = textOf(view())
    expect(text).toStartWith("Spoor  2026-01-02 03:04:05 UTC\nEverything flows.\n")
    expect(text).toMatch(/^gateway +flows +1 +1,235 /m)
    expect(text).toMatch(/^queue +flows .* 1,200 waiting; 3 in flight; 2 dead$/m)
    expect(text).toMatch(/^queue +Redis +redis:6379 +answers$/m)
  })

  test("marks what is wrong", () => {
    const lines = topLines(
      view({
        condition: "down",
        sentence: "The enricher is down: No enricher runs.",
        stages: [stage("enricher", { condition: "down", sentence: "No enricher runs." })],
        instances: [instance(1, { silentFor: 12 }), instance(2, { troubles: { log: "it is away" } })],
        seams: [{ name: "log", kind: "Kafka", embedded: false, address: "k", ok: false, error: "refused" }],
        troubles: ["The queue cannot be asked."]
      }),
      anyRoom
    )
    const bad = lines.filter(({ look }) => look === "bad").map(({ text }) => text)
    expect(bad).toEqual([
      "The enricher is down: No enricher runs.",
      "The queue cannot be asked.",
      expect.stringMatching(/^enricher +down .* No enricher runs\.$/),
      expect.stringMatching(/silent for 12 s$/),
      expect.stringMatching(/log: it is away$/),
      expect.stringMatching(/^log .* refused$/)
    ])
  })

  test("fifty instances on a small terminal leave out some, say how many, and the systems stay", () => {
    const instances = Array.from({ length: 50 }, (_, i) => instance(i))
    const lines = topLines(view({ instances }), { rows: 24, columns: 60 })
    expect(lines).toHaveLength(24)
    expect(lines.every(({ text }) => text.length <= 60)).toBe(true)
    expect(textOf(view({ instances }), { rows: 24, columns: 60 })).toMatch(/^… and 3\d more\n\nsystem +kind/m)
  })

  test("whatever others wrote steers no terminal", () => {
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
