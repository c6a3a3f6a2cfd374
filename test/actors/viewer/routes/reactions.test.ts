/** The API of reactions on a real store: rules of the file and of the API, targets, calls, the try, and what is refused. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, type Scope } from "effect"
import type {
  CallsView,
  ReactionsView,
  TargetsView,
  TryView
} from "../../../../actors/viewer/reactions/messages.ts"
import type { ReactionStore } from "../../../../bridge/reaction-store/service.ts"
import { sqliteReactionStore } from "../../../../bridge/reaction-store/sqlite/store.ts"
import { Failure } from "../../../../contracts/failure.ts"
import type { Topic } from "../../../../contracts/ids.ts"
import { eventually } from "../../../support/eventually.ts"
import { fillStore, gone, network, postbackPay, rulesFileText, shop } from "../reactions/filled-store.ts"
import { ask, openLog, ownDirectory, ownPage, type Services, servicesOn } from "../requests.ts"

const variables = {
  RULES_VAR_SHOP: "https://shop.example",
  RULES_VAR_NETWORK: "https://network.example",
  RULES_SECRET_SHOP_TOKEN: "s3cret-token",
  RULES_SECRET_NETWORK_TOKEN: "another-s3cret"
}
beforeAll(() => {
  Object.assign(process.env, variables)
})
afterAll(() => {
  for (const name of Object.keys(variables)) delete process.env[name]
})

interface Opened {
  readonly services: Services
  readonly store: ReactionStore["Service"]
  readonly log: Effect.Success<typeof openLog>
  readonly writeRules: (text: string) => void
  readonly removeRules: () => void
  readonly get: <A>(path: string) => Effect.Effect<{ readonly status: number; readonly body: A }>
  readonly send: <A = { readonly message: string }>(
    path: string,
    body: unknown,
    method?: "POST" | "PUT",
    headers?: Readonly<Record<string, string>>
  ) => Effect.Effect<{ readonly status: number; readonly body: A }>
}

/** A viewer with a filled store, and the rules file of the pages. */
const opened = Effect.fnUntraced(function* (more: Readonly<Record<string, string>> = {}) {
  const directory = yield* ownDirectory
  const store = yield* sqliteReactionStore(directory, 86_400_000)
  yield* fillStore(store)
  const file = join(directory, "rules.yaml")
  const writeRules = (text: string): void => writeFileSync(file, text)
  writeRules(rulesFileText)
  const log = yield* openLog
  const services = yield* servicesOn([], log, { RULES: file, ...more }, store)
  const answered = (path: string, init: RequestInit = {}) =>
    Effect.promise(async () => {
      const answer = await ask(path, services, init)
      return { status: answer.status, body: await answer.json() }
    })
  return {
    ...{ services, store, log, writeRules, removeRules: () => rmSync(file) },
    get: (path) => answered(path),
    send: (path, body, method = "POST", headers = ownPage) =>
      answered(path, { method, headers, body: JSON.stringify(body) })
  } as Opened
})

const check = (what: string, body: Effect.Effect<void, unknown, Scope.Scope>): void =>
  test(what, () => Effect.runPromise(Effect.scoped(body)))

const lineOf = ({ rules }: ReactionsView, name: string, line = name) =>
  rules.find((rule) => rule.name === name)?.lines?.find(({ rule }) => rule === line)

describe("the list", () => {
  check(
    "has the rules of the file and of the API with their lines, and what does not add up",
    Effect.gen(function* () {
      const { get } = yield* opened()
      const { body } = yield* get<ReactionsView>("/api/reactions")
      expect(body.rules.map(({ name, source, isOn }) => [name, source, isOn])).toEqual([
        ["postback-old", "api", false],
        ["postback-pay", "api", true],
        ["switched-off", "file", false],
        ["tell-the-shop", "file", true]
      ])
      expect(lineOf(body, "tell-the-shop")).toMatchObject({
        matched: 8,
        delivered: 4,
        dead: 1,
        suppressed: { repeated: 1 },
        waiting: 1,
        inFlight: 1,
        matchedRate: null
      })
      expect(lineOf(body, "postback-pay", "postback-pay/report")).toMatchObject({ matched: 1, delivered: 1 })
      expect(body).toMatchObject({
        total: { matched: 11, delivered: 6, dead: 2 },
        fileProblem: null,
        warnings: [],
        troubles: [],
        readOnly: null
      })
      expect(body.rules[3]).toMatchObject({
        types: ["purchase"],
        when: "purchase when params.order exists · once per {{ params.order }} within 1m",
        steps: ["POST {{ vars.SHOP }}/orders", "event order_told"]
      })
      expect(body.oldestWaiting).toBeGreaterThan(Date.now() - 60_000)
    })
  )

  check(
    "a bad file keeps the old rules and says which rule and field; a missing one too",
    Effect.gen(function* () {
      const { services, writeRules, removeRules } = yield* opened()
      yield* Effect.promise(() => services.reactions.list())
      writeRules(rulesFileText.replace("method: POST", "method: SHOUT"))
      const seen = (pattern: RegExp) =>
        Effect.promise(() =>
          eventually("the problem", async () => {
            const read = await services.reactions.list()
            return pattern.test(read.fileProblem ?? "") ? read : undefined
          })
        )
      const bad = yield* seen(/tell-the-shop.*do\.0\.call\.method/)
      expect(bad.rules.filter(({ source }) => source === "file")).toHaveLength(2)
      removeRules()
      const missing = yield* seen(/cannot be read/)
      expect(missing.rules.filter(({ source }) => source === "file")).toHaveLength(2)
    })
  )

  check(
    "a file that turns bad before anybody looks: its rules are shown as they are in force",
    Effect.gen(function* () {
      const { services, writeRules } = yield* opened()
      writeRules("rules: [")
      const bad = yield* Effect.promise(() => services.reactions.list())
      expect(bad.fileProblem).toMatch(/^line 1: Invalid YAML/)
      expect(bad.rules.filter(({ source }) => source === "file").map(({ name }) => name)).toEqual([
        "switched-off",
        "tell-the-shop"
      ])
    })
  )

  check(
    "while the store cannot be read, the rules of the file are still there, and figures are unknown",
    Effect.gen(function* () {
      const failing = new Failure({ reason: "unavailable", message: "redis-1 does not answer." })
      const { store } = yield* opened()
      const away = { ...store, ledger: Effect.fail(failing), rules: Effect.fail(failing) }
      const directory = yield* ownDirectory
      writeFileSync(join(directory, "rules.yaml"), rulesFileText)
      const services = yield* servicesOn([], yield* openLog, { RULES: join(directory, "rules.yaml") }, away)
      const view = yield* Effect.promise(() => services.reactions.list())
      expect(view).toMatchObject({ total: null, troubles: ["redis-1 does not answer."] })
      expect(view.rules.map(({ name, lines }) => [name, lines])).toEqual([
        ["switched-off", null],
        ["tell-the-shop", null]
      ])
      const ledger = yield* Effect.promise(() => services.ledger.ledger())
      expect(ledger).toMatchObject({
        reactions: null,
        reactionsTrouble: "redis-1 does not answer.",
        complete: false,
        balanced: true
      })
    })
  )
})

describe("rules of the API", () => {
  check(
    "are created and replaced, as JSON and as YAML; turned off and on; removed",
    Effect.gen(function* () {
      const { send, store, get } = yield* opened()
      const rule = { ...postbackPay, name: "postback-new" }
      expect(yield* send("/api/reactions/rules", rule, "PUT")).toEqual({
        status: 200,
        body: { name: "postback-new", outcome: "created" } as never
      })
      const text = "name: postback-new\nwhen: { type: ist }\ndo: { emit: { type: seen } }\n"
      expect((yield* send<object>("/api/reactions/rules", { text }, "PUT")).body).toEqual({
        name: "postback-new",
        outcome: "replaced"
      })
      const stored = Effect.map(store.rules, ({ rules }) =>
        JSON.parse(rules.find(({ name }) => name === "postback-new")?.text ?? "null")
      )
      expect(yield* stored).toEqual({
        name: "postback-new",
        when: { type: "ist" },
        do: { emit: { type: "seen" } }
      })
      expect((yield* get<object>("/api/reactions/rule?name=postback-new")).body).toEqual({
        name: "postback-new",
        source: "api",
        text: "name: postback-new\nwhen:\n  type: ist\ndo:\n  emit:\n    type: seen\n"
      })
      yield* send("/api/reactions/rules/turn", { name: "postback-new", on: false })
      expect(yield* stored).toMatchObject({ on: false })
      yield* send("/api/reactions/rules/turn", { name: "postback-new", on: true })
      expect(yield* stored).not.toHaveProperty("on")
      expect((yield* send("/api/reactions/rules/remove", { name: "postback-new" })).status).toBe(200)
      expect(yield* stored).toBeNull()
    })
  )

  check(
    "one that does not compile is refused with its field, and nothing is stored",
    Effect.gen(function* () {
      const { send, store } = yield* opened()
      const before = (yield* store.rules).version
      const refusals = [
        [{ ...postbackPay, do: { call: { url: "{{ nosuch.x }}" } } }, /do\.call\.url.*nosuch/],
        [{ ...postbackPay, when: { all: ["params.x ? 1"] } }, /when\.all/],
        [{ ...postbackPay, do: { call: { url: "https://x.example", methd: "GET" } } }, /do\.call\.methd/],
        [{ text: "name: x\nwhen: [" }, /Line \d.*Invalid YAML/],
        [{ text: "rules: [{}, {}]" }, /one rule/]
      ] as const
      for (const [body, message] of refusals) {
        const answer = yield* send("/api/reactions/rules", body, "PUT")
        expect([answer.status, answer.body.message]).toEqual([400, expect.stringMatching(message)])
      }
      expect((yield* store.rules).version).toBe(before)
    })
  )

  check(
    "rules of the file are read-only: each change is refused with a sentence",
    Effect.gen(function* () {
      const { send } = yield* opened()
      const answers = [
        yield* send("/api/reactions/rules", { ...postbackPay, name: "tell-the-shop" }, "PUT"),
        yield* send("/api/reactions/rules/turn", { name: "tell-the-shop", on: false }),
        yield* send("/api/reactions/rules/remove", { name: "tell-the-shop" })
      ]
      for (const { status, body } of answers) {
        expect(status).toBe(400)
        expect(body.message).toStartWith('Rule "tell-the-shop" is in the file RULES: change it there.')
      }
      const missing = yield* send("/api/reactions/rules/remove", { name: "nosuch" })
      expect([missing.status, missing.body.message]).toEqual([
        400,
        'There is no rule "nosuch" that was made here.'
      ])
    })
  )

  check(
    "strangers change nothing: other methods, other sites, other media types",
    Effect.gen(function* () {
      const { send, services, store } = yield* opened()
      const before = (yield* store.rules).version
      const foreign = { ...ownPage, origin: "https://evil.example" }
      expect((yield* send("/api/reactions/rules", postbackPay, "PUT", foreign)).status).toBe(401)
      const { origin: _, ...unnamed } = ownPage
      expect((yield* send("/api/reactions/rules", postbackPay, "PUT", unnamed)).status).toBe(401)
      expect((yield* send("/api/reactions/rules", postbackPay, "POST")).status).toBe(405)
      expect((yield* send("/api/reactions/targets/pause", { target: shop }, "PUT")).status).toBe(405)
      const asText = { ...ownPage, "content-type": "text/plain" }
      expect((yield* send("/api/reactions/rules", postbackPay, "PUT", asText)).status).toBe(415)
      const got = yield* Effect.promise(() => ask("/api/reactions/rules", services))
      expect([got.status, got.headers.get("allow")]).toEqual([405, "PUT"])
      expect((yield* store.rules).version).toBe(before)
    })
  )
})

describe("targets", () => {
  const statusOf = ({ targets }: TargetsView, target: string) => targets.find((one) => one.target === target)

  check(
    "are paused, resumed and enabled; an unknown name is refused",
    Effect.gen(function* () {
      const { send, get } = yield* opened()
      const targets = Effect.map(get<TargetsView>("/api/reactions/targets"), ({ body }) => body)
      expect(statusOf(yield* targets, network)).toMatchObject({ state: "open", waiting: 1, failures: 1 })
      expect(statusOf(yield* targets, gone)).toMatchObject({
        state: "paused",
        disabledFor: ["postback-pay"]
      })
      yield* send("/api/reactions/targets/resume", { target: network })
      yield* send("/api/reactions/targets/pause", { target: shop })
      yield* send("/api/reactions/targets/enable", { target: gone, rule: "postback-pay" })
      const after = yield* targets
      expect(statusOf(after, network)).toMatchObject({ state: "closed", waiting: 1 })
      expect(statusOf(after, shop)).toMatchObject({ state: "paused" })
      expect(statusOf(after, gone)?.disabledFor ?? []).toEqual([])
      const wrong = yield* send("/api/reactions/targets/pause", { target: "https://shop.example/path" })
      expect([wrong.status, wrong.body.message]).toEqual([
        400,
        expect.stringMatching(/must be one of the list/)
      ])
    })
  )

  check(
    "calls are those of a rule or a target, with request and answer",
    Effect.gen(function* () {
      const { get } = yield* opened()
      const calls = (query: string) =>
        Effect.map(get<CallsView>(`/api/reactions/calls${query}`), ({ body }) => body.calls)
      expect(yield* calls("")).toHaveLength(9)
      expect(yield* calls("?limit=2")).toHaveLength(2)
      const [refused] = yield* calls(`?target=${encodeURIComponent(network)}`)
      expect(refused).toMatchObject({
        status: null,
        outcome: "retry",
        error: expect.stringContaining("refused")
      })
      const [disabled] = (yield* calls("?rule=postback-pay")).filter(({ status }) => status === 410)
      expect(disabled).toMatchObject({
        method: "GET",
        url: "https://gone.example/orders?customer=42",
        requestHeaders: [
          ["content-type", "application/json"],
          ["authorization", "Bearer •••"],
          ["webhook-id", "p1.postback-pay"]
        ],
        answerBody: "ok <b>bold</b>",
        ms: 12
      })
      expect((yield* get("/api/reactions/calls?limit=1000")).status).toBe(400)
    })
  )
})

describe("a try", () => {
  const order = { type: "purchase", params: { order: "47 11", email: "a@b.example", customer: "7" } }
  const tried = (send: Opened["send"], body: unknown) =>
    Effect.map(send<TryView>("/api/reactions/try", body), (answer) => answer.body)

  check(
    "shows what would be sent for a written event, secrets masked, and sends nothing",
    Effect.gen(function* () {
      const { send, store } = yield* opened()
      const before = yield* store.ledger
      const { results, isMasked } = yield* tried(send, { rule: "tell-the-shop", event: order })
      expect(isMasked).toBe(false)
      expect(results).toMatchObject([
        {
          rule: "tell-the-shop",
          outcome: "sent",
          event: { type: "purchase", topic: "events" },
          steps: [
            {
              title: "POST https://shop.example/orders?customer=7",
              body: '{"order":"47 11","mail":"a@b.example"}'
            },
            { title: "event order_told", note: expect.stringContaining("answer of shop") }
          ]
        }
      ])
      expect(results[0]?.steps[0]?.headers).toContainEqual(["authorization", "Bearer •••"])
      expect(JSON.stringify(results)).not.toContain("s3cret")
      expect(yield* store.ledger).toEqual(before)
    })
  )

  check(
    "takes a line, the id of an event in the log, and a text that is not saved; says why a rule does not match",
    Effect.gen(function* () {
      const { send, log } = yield* opened()
      const line = `8.8.8.8 ${Date.now()} trk nopod /t/purchase order=1 curl/8`
      expect((yield* tried(send, { line })).results.map(({ rule }) => rule)).toEqual(["tell-the-shop"])
      const id = `${"0".repeat(31)}1-0`
      const value = new TextEncoder().encode("purchase type=Bot&country=DE customer=9")
      yield* log.append([{ topic: "clicks" as Topic, value, headers: { id }, key: "k" }], "x")
      const [missed] = (yield* tried(send, { rule: "tell-the-shop", event: id })).results
      expect(missed).toMatchObject({
        outcome: "not matched",
        why: expect.stringContaining("params.order"),
        event: { topic: "clicks" }
      })
      const text =
        'name: mine\nwhen: { all: ["meta.country = DE"] }\ndo: { emit: { type: "{{ params.customer }}" } }'
      expect((yield* tried(send, { text, event: id })).results).toMatchObject([
        { rule: "mine", outcome: "sent", steps: [{ title: "event 9" }] }
      ])
      expect((yield* tried(send, { text })).sentence).toMatch(/^The rule is valid\./)
      const unset = text.replace("params.customer", "vars.NOSUCH")
      expect((yield* tried(send, { text: unset, event: id })).sentence).toBe(
        "Not set for this viewer, so it renders empty: RULES_VAR_NOSUCH."
      )
    })
  )

  check(
    "explains what is wrong with its input",
    Effect.gen(function* () {
      const { send } = yield* opened()
      const cases = [
        [{ line: "not a line" }, /would become a dead letter/],
        [{ event: "nosuch" }, /Not an event id/],
        [{ rule: "nosuch", event: order }, /no rule "nosuch"/],
        [{ text: "name: x", event: order }, /when/],
        [{ line: "x", event: order }, /not both/],
        [{ event: { type: "buy", topic: "/" } }, /topic/]
      ] as const
      for (const [body, message] of cases) {
        const answer = yield* send("/api/reactions/try", body)
        expect([answer.status, answer.body.message]).toEqual([400, expect.stringMatching(message)])
      }
    })
  )
})

describe("VIEWER_MASK", () => {
  const masked = { VIEWER_MASK: "email,customer" }

  check(
    "hides parts of events from rules that are tried, so that neither a template nor a condition reveals them",
    Effect.gen(function* () {
      const { send } = yield* opened(masked)
      const event = { type: "purchase", params: { order: "1", email: "a@b.example", customer: "7" } }
      const { body } = yield* send<TryView>("/api/reactions/try", { rule: "tell-the-shop", event })
      expect(body.isMasked).toBe(true)
      expect(JSON.stringify(body)).not.toMatch(/a@b\.example|customer=7/)
      expect(body.results[0]?.steps[0]?.body).toBe('{"order":"1","mail":"•••"}')
      const text = 'name: probe\nwhen: { all: ["params.email = a@b.example"] }\ndo: { emit: { type: x } }'
      const probed = yield* send<TryView>("/api/reactions/try", { text, event })
      expect(probed.body.results).toMatchObject([{ outcome: "not matched" }])
    })
  )

  check(
    "hides the contents of calls, and rules cannot be changed, which could send events elsewhere",
    Effect.gen(function* () {
      const { send, get, store } = yield* opened(masked)
      const { body } = yield* get<CallsView>("/api/reactions/calls")
      expect(body.isMasked).toBe(true)
      expect(body.calls[0]).toMatchObject({
        url: "https://shop.example/•••",
        status: 200,
        requestHeaders: []
      })
      expect(JSON.stringify(body)).not.toMatch(/customer=42|4711|bold/)
      const before = (yield* store.rules).version
      const answer = yield* send("/api/reactions/rules", postbackPay, "PUT")
      expect([answer.status, answer.body.message]).toEqual([400, expect.stringMatching(/VIEWER_MASK/)])
      expect((yield* store.rules).version).toBe(before)
      const list = yield* get<ReactionsView>("/api/reactions")
      expect(list.body.readOnly).toMatch(/VIEWER_MASK/)
    })
  )
})
