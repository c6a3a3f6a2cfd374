/**
 * Requests from public reports, each with its expected response and record: sent to the gateway of a whole pipeline, on
 * Bun and on Deno. The cases are in public-cases.json.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { ticketOf, watch } from "../actors/viewer/watching.ts"
import { denoProgram } from "../support/deno.ts"
import { eventually } from "../support/eventually.ts"
import { ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"
import given from "./public-cases.json"

interface Case {
  readonly name: string
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  readonly bodyBase64?: string
  readonly status: number
  /** The expected parameters of the record. */
  readonly params?: string
  /** The expected event results of a batch, in order. */
  readonly verdicts?: ReadonlyArray<string>
  readonly responseHeaderContains?: Readonly<Record<string, string>>
}

const cases: ReadonlyArray<Case> = given as never

/** Each case has its own client address, which identifies its events. */
const addressOf = (place: number): string => `8.8.4.${place + 1}`

/** Number of events of the case. */
const eventsOf = ({ method, status, verdicts, path }: Case): number => {
  if (method === "OPTIONS" || status >= 400 || path === "/metrics") return 0
  return verdicts?.filter((verdict) => verdict === "ok").length ?? 1
}

const suite = (runtime: "bun" | "deno"): void => {
  let spoor: Spoor
  let watched: ReturnType<typeof watch>
  beforeAll(async () => {
    const settings = ownSettings({ KAFKA_TOPICS: "clicks", TOPIC_FROM_HOST: "true" })
    spoor = await startSpoor(["--all"], settings, runtime)
    const { origin } = spoor.address("watch them")
    watched = watch(origin, await ticketOf(origin), { watch: {} })
  }, 60_000)
  afterAll(async () => {
    watched.socket.close()
    await spoor.end("SIGKILL")
  })

  const send = (path: string, place: number, init: RequestInit): Promise<Response> =>
    fetch(new URL(path, spoor.address("send events")), {
      ...init,
      headers: { ...init.headers, "x-forwarded-for": addressOf(place) }
    })

  for (const [place, one] of cases.entries())
    test(`${one.status} ${one.name}`, async () => {
      const { method, path, headers, bodyBase64 } = one
      const body = bodyBase64 === undefined ? one.body : Buffer.from(bodyBase64, "base64")
      const answer = await send(path, place, { method, headers, ...(body === undefined ? {} : { body }) })
      expect(answer.status).toBe(one.status)
      for (const [name, part] of Object.entries(one.responseHeaderContains ?? {}))
        expect(answer.headers.get(name)).toContain(part)
      const text = await answer.text()
      if (one.verdicts !== undefined) {
        const { verdicts } = JSON.parse(text) as { verdicts: ReadonlyArray<{ verdict: string }> }
        expect(verdicts.map(({ verdict }) => verdict)).toEqual([...one.verdicts])
      }
    })

  test("the log has the events of all cases, and no others", async () => {
    const answer = await send("/t/last", cases.length, { headers: { host: "clicks.example.com" } })
    expect(answer.status).toBe(200)
    const count = cases.reduce((sum, one) => sum + eventsOf(one), 1)
    const events = await eventually("all are shown", () => {
      const shown = watched.events()
      return shown.length >= count && shown.some(({ type }) => type === "last") ? shown : undefined
    })
    expect(events).toHaveLength(count)
    for (const [place, one] of cases.entries()) {
      const own = events.filter(({ address }) => address === addressOf(place))
      expect([one.name, own.length]).toEqual([one.name, eventsOf(one)])
      if (one.params !== undefined) expect(own[0]?.raw.split(" ")[2]).toBe(one.params)
    }
    expect(events.map(({ type, topic }) => (type === "last" ? topic : "events")).toSorted()).toEqual(
      [...Array.from({ length: count - 1 }, () => "events"), "clicks"].toSorted()
    )
  })
}

describe("the public cases on Bun", () => suite("bun"))
describe.skipIf(denoProgram() === undefined)("the public cases on Deno", () => suite("deno"))
