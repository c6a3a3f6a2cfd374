/** deploy/rules/chat-bot.yaml against stand-ins of the storage server and of the message API. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import {
  basic,
  matcherOf,
  type StandIn,
  startStandIn,
  startWithRules,
  type WithRules
} from "./shipped-rules.ts"

const match = matcherOf("chat-bot", { vars: {}, secrets: { STORAGE_PASSWORD: "x", CHAT_TOKEN: "y" } })
const whole = { churl: "c1", chnam: "a_b", snder: "anna", "mbers[]": "bot", msg: "hello" }

describe("which events match", () => {
  test("a message in a channel of two documents", () => {
    expect(match("chm", whole)).toEqual(["chat-bot"])
    expect(match("chm", { ...whole, "mbers[]": "", "mbers[0]": "bot" })).toEqual(["chat-bot"])
  })

  for (const name of Object.keys(whole))
    test(`none without ${name}`, () => {
      expect(match("chm", { ...whole, [name]: "" })).toEqual([])
    })

  test("none for another name of a channel, a channel that is another path, another type", () => {
    for (const chnam of ["a", "_b", "a_", "a_b_c"]) expect(match("chm", { ...whole, chnam })).toEqual([])
    expect(match("chm", { ...whole, churl: ".." })).toEqual([])
    expect(match("chmx", whole)).toEqual([])
  })
})

const documents = {
  offers: [
    {
      ...{
        _id: "a",
        owner: "cinema-bot",
        text: 'Film "Über"',
        place: "Kino",
        extdata: { link: "https://kino.example/1" }
      },
      ...{
        location: { type: "Point", coordinates: [13.4, 52.5] },
        validuntil: Date.UTC(2026, 11, 24, 20, 30)
      }
    }
  ],
  searches: [{ _id: "b", owner: "anna", text: "film" }]
}

describe("a bot", () => {
  let storage: StandIn
  let chat: StandIn
  let spoor: WithRules
  beforeAll(async () => {
    storage = await startStandIn(({ url }) => ({
      json: url.includes("nobody") ? { offers: [], searches: documents.searches } : documents
    }))
    chat = await startStandIn()
    spoor = await startWithRules(["chat-bot"], {
      RULES_VAR_STORAGE: storage.url,
      RULES_VAR_STORAGE_USER: "spoor",
      RULES_SECRET_STORAGE_PASSWORD: "pass",
      RULES_VAR_CHAT: chat.url,
      RULES_SECRET_CHAT_TOKEN: "t0ken",
      RULES_VAR_CHAT_BOTS: "cinema-bot,news-bot"
    })
  }, 60_000)
  afterAll(async () => {
    await spoor?.stop()
    await storage?.stop()
    await chat?.stop()
  })

  const cases: ReadonlyArray<readonly [asked: string, reply: string]> = [
    ["Where is it?", "Kino: https://www.openstreetmap.org/?mlat=52.5&mlon=13.4"],
    ["and when", 'Film "Über", until 2026-12-24 20:30 UTC'],
    ["Tell me more", "https://kino.example/1"],
    ["hello", 'Film "Über". I am a bot: ask me where, when or more.']
  ]
  for (const [i, [asked, reply]] of cases.entries())
    test(`answers "${asked}"`, async () => {
      const channel = `sendbird_${i}/x`
      const query = new URLSearchParams({ churl: channel, chnam: "a_b", snder: "anna", msg: asked })
      await spoor.send(`chm?${query}&mbers[]=anna&mbers[]=cinema-bot`)
      const url = `/v3/group_channels/sendbird_${i}%2Fx/messages`
      const found = await chat.arrival(url, (request) => request.url === url)
      expect([found.method, found.headers["api-token"], found.headers["content-type"]]).toEqual([
        "POST",
        "t0ken",
        "application/json"
      ])
      expect(JSON.parse(found.body)).toEqual({ message_type: "MESG", user_id: "cinema-bot", message: reply })
      expect(found.headers["webhook-signature"]).toBeUndefined()
    })

  test("asks the storage server once for each message, with its login", () => {
    const asked = storage.received.map(({ method, url, headers }) => [method, url, headers.authorization])
    expect(asked).toEqual(cases.map(() => ["GET", "/chat/byids?_id=a_b", basic("spoor", "pass")]))
  })

  test("says nothing to itself, where it is no member, and where it owns nothing", async () => {
    const before = [storage.received.length, chat.received.length] as const
    await spoor.send("chm?churl=c1&chnam=a_b&snder=cinema-bot&msg=hello&mbers[]=anna&mbers[]=cinema-bot")
    await spoor.send("chm?churl=c2&chnam=a_b&snder=anna&msg=hello&mbers[]=anna&mbers[]=ben")
    await spoor.send("chm?churl=c3&chnam=nobody_b&snder=anna&msg=hello&mbers[]=news-bot")
    await storage.arrival("the question for the third", ({ url }) => url.includes("nobody_b"))
    await spoor.send("chm?churl=last&chnam=a_b&snder=anna&msg=hello&mbers[]=cinema-bot")
    await chat.arrival("the last", ({ url }) => url.includes("/last/"))
    expect([storage.received.length, chat.received.length]).toEqual([before[0] + 2, before[1] + 1])
  })
})
