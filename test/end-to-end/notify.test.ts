/**
 * A match from end to end: two devices with callback URLs, the notifier, the deliverer, and the event `mtf` in the log. Once on
 * each runtime; the callback of one device fails twice before it takes the message.
 */
import { describe, expect, test } from "bun:test"
import { createHmac } from "node:crypto"
import { Effect } from "effect"
import type { SearchView } from "../../actors/inspect/events/messages.ts"
import { ReactionStore } from "../../bridge/reaction-store/service.ts"
import { startNotifier } from "../actors/notifier/notifier-process.ts"
import { denoProgram } from "../support/deno.ts"
import { eventually } from "../support/eventually.ts"

const secret = Buffer.alloc(32, 5)

interface Got {
  readonly device: string
  readonly status: number
  readonly id: string
  readonly isSigned: boolean
  readonly body: Readonly<Record<string, unknown>>
}

/** A receiver of callbacks; the one at `/offer` is unavailable at first. */
const startReceiver = () => {
  const got: Array<Got> = []
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      const device = new URL(request.url).pathname.slice(1)
      const text = await request.text()
      const id = request.headers.get("webhook-id") ?? ""
      const signed = `${id}.${request.headers.get("webhook-timestamp")}.${text}`
      const expected = `v1,${createHmac("sha256", secret).update(signed).digest("base64")}`
      const before = got.filter((one) => one.device === device).length
      const status = device === "offer" && before < 2 ? 503 : 204
      const isSigned = request.headers.get("webhook-signature") === expected
      got.push({ device, status, id, isSigned, body: JSON.parse(text) })
      return new Response(null, { status, headers: status === 503 ? { "retry-after": "0" } : {} })
    }
  })
  return { got, url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) }
}

const side = (name: string) => ({
  ...{ device_id: `${name}-phone`, title: `My ${name}`, id: `${name}1`, lat: 1, lng: 2, radi: 3 }
})

const runtimes = [
  { runtime: "bun", isMissing: false },
  { runtime: "deno", isMissing: denoProgram() === undefined }
] as const

for (const { runtime, isMissing } of runtimes) {
  describe.skipIf(isMissing)(`a match on ${runtime}`, () => {
    test("reaches both owners in their languages, and the log, each once", async () => {
      const receiver = startReceiver()
      const spoor = await startNotifier(
        {
          WEBHOOK_ALLOW: "127.0.0.1",
          WEBHOOK_SECRET: `whsec_${secret.toString("base64")}`
        },
        runtime,
        ["deliverer", "drainer", "enricher", "bridge", "viewer"]
      )
      try {
        for (const [name, locale] of [
          ["offer", "de"],
          ["search", "en-GB"]
        ]) {
          const mapping = { device_id: `${name}-phone`, callback_url: `${receiver.url}/${name}`, locale }
          await spoor.ask("POST", "/register", mapping)
        }
        const match = { category: "match_found", offer: side("offer"), search: side("search") }
        for (let i = 0; i < 3; i += 1) expect((await spoor.ask("POST", "/notify", match)).status).toBe(200)

        const line = await eventually(
          "all delivered",
          async () => {
            const { rules } = await spoor.onStores(Effect.flatMap(ReactionStore, (store) => store.ledger))
            const found = rules.find(({ rule }) => rule === "match-found/callback")
            return found?.delivered === 2 ? { rules, found } : undefined
          },
          60_000
        )
        expect(line.found.matched).toBe(2)
        const matches = line.rules.find(({ rule }) => rule === "match-found")
        expect([matches?.delivered, matches?.suppressed]).toEqual([3, { repeated: 6 }])

        const taken = receiver.got.filter(({ status }) => status === 204)
        expect(taken.map(({ device }) => device).toSorted()).toEqual(["offer", "search"])
        expect(receiver.got.every(({ isSigned }) => isSigned)).toBe(true)
        const tries = receiver.got.filter(({ device }) => device === "offer").map(({ id }) => id)
        expect([tries.length, new Set(tries).size]).toEqual([3, 1])
        const bodyOf = (device: string) => taken.find((one) => one.device === device)?.body
        expect(bodyOf("offer")).toEqual({
          url: "pushtech://offer/offer1/search1/matched",
          msg: "Dein Angebot „My offer“ passt zu einer Suche.",
          ...{ locale: "de", title: "My search" },
          data: { category: "match_found", offer_id: "offer1", search_id: "search1" },
          params: { category: "match_found", offer_id: "offer1", search_id: "search1" }
        })
        expect(bodyOf("search")).toMatchObject({
          ...{ locale: "en-GB", title: "My offer", url: "pushtech://search/search1/offer1/matched" },
          msg: "Your search “My search” has found an offer."
        })

        const viewer = spoor.address("watch them")
        const events = await eventually("the event", async () => {
          const answer = await fetch(new URL("/api/search?param=oid=offer1", viewer))
          const found = (await answer.json()) as SearchView
          return found.events.length > 0 ? found.events : undefined
        })
        expect(events).toHaveLength(1)
        const [event] = events
        expect(event?.type).toBe("mtf")
        const query = new Map(event?.params)
        expect(
          ["oid", "olat", "olng", "oradi", "sid", "slat", "slng", "sradi"].map((name) => query.get(name))
        ).toEqual(["offer1", "1", "2", "3", "search1", "1", "2", "3"])
      } finally {
        await spoor.stop()
        receiver.stop()
      }
    }, 120_000)
  })
}
