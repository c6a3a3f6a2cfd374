/**
 * Reactions as a user has them: a rule, an event over HTTP, one signed call. In one process and as distributed actors on
 * real servers; with rules of the API, restarts in between, and a ledger that adds up.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { RuleTotals } from "../../bridge/reaction-store/service.ts"
import type { Rule } from "../../contracts/reactions/rule.ts"
import { type Cluster, makeCluster, realServers } from "../support/cluster.ts"
import { diesWithUs } from "../support/dies-with-us.ts"
import { eventually } from "../support/eventually.ts"
import { installedReceivers } from "../support/receivers.ts"
import { freePort } from "../support/server.ts"
import { newWebhookSecret, type Receiver, startReceiver } from "../support/signed-calls.ts"
import { ownSettings, type Spoor, startSpoor } from "../support/spoor.ts"

const secret = newWebhookSecret()
const folder = mkdtempSync(join(tmpdir(), "spoor-reactions-"))
afterAll(() => rmSync(folder, { recursive: true }))

/** A rule that posts the parameter `n` of events of a type. */
const posting = (name: string, type: string, url: string): Rule => ({
  name,
  when: { type },
  do: { call: { method: "POST", url, body: { n: "{{ params.n }}" } } }
})

const rulesFile = (...rules: ReadonlyArray<Rule>): string => {
  const path = join(folder, `${rules.map(({ name }) => name).join("-")}.json`)
  writeFileSync(path, JSON.stringify({ rules }))
  return path
}

const send = async (spoor: Spoor, event: string): Promise<void> => {
  const answer = await fetch(new URL(`/t/${event}`, spoor.address("send events")))
  expect([answer.status, await answer.json()]).toEqual([200, { status: "ok" }])
}

/** Creates or replaces a rule through the API. */
const put = (viewer: Spoor, rule: Rule): Promise<Response> => {
  const { origin } = viewer.address("watch them")
  return fetch(`${origin}/api/reactions/rules`, {
    method: "PUT",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify(rule)
  })
}

/** The lines of the ledger of these rules, when nothing of them is waiting or in flight; checks that each adds up. */
const settledLedger = async (
  viewer: Spoor,
  ...names: ReadonlyArray<string>
): Promise<ReadonlyArray<RuleTotals>> => {
  const read = async () => {
    const answer = await fetch(new URL("/api/ledger", viewer.address("watch them")))
    const { reactions } = (await answer.json()) as { readonly reactions: ReadonlyArray<RuleTotals> | null }
    return names.flatMap((name) => reactions?.find((one) => one.rule === name) ?? [])
  }
  let rows: ReadonlyArray<RuleTotals> = []
  await eventually(
    `${names.join(", ")} settled: ${JSON.stringify(rows)}`,
    async () => {
      rows = await read()
      return rows.length === names.length && rows.every(({ waiting, inFlight }) => waiting + inFlight === 0)
    },
    60_000
  )
  for (const row of rows) {
    const suppressed = Object.values(row.suppressed).reduce((sum, count) => sum + count, 0)
    const { rule, matched, delivered, dead, discarded, waiting, inFlight } = row
    expect([rule, matched]).toEqual([rule, delivered + dead + discarded + suppressed + waiting + inFlight])
  }
  return rows
}

describe("in one process", () => {
  let receiver: Receiver
  let settings: Record<string, string>
  let spoor: Spoor
  let downPort: number

  beforeAll(async () => {
    receiver = await startReceiver(secret)
    downPort = await freePort()
    settings = ownSettings({
      RULES: rulesFile(
        posting("orders", "order", `http://127.0.0.1:${receiver.port}/orders`),
        posting("down", "late", `http://127.0.0.1:${downPort}/late`)
      ),
      WEBHOOK_ALLOW: "127.0.0.1",
      WEBHOOK_SECRET: secret
    })
    spoor = await startSpoor(["--all"], settings)
  }, 60_000)
  afterAll(async () => {
    await spoor?.end("SIGKILL")
    await receiver?.stop()
  })

  test("an event over HTTP causes one signed call, and one that does not match causes none", async () => {
    await send(spoor, "other?n=0")
    await send(spoor, "order?n=1")
    await eventually("the call", () => receiver.calls.length > 0)
    const [row] = await settledLedger(spoor, "orders")
    expect(row).toMatchObject({ matched: 1, delivered: 1 })
    expect(receiver.calls).toEqual([
      {
        ...{ id: expect.stringMatching(/^[0-9a-f]+-\d+\.orders$/), path: "/orders" },
        ...{ body: '{"n":"1"}', isGenuine: true }
      }
    ])
  }, 60_000)

  test("a rule of the API holds without a restart, and after a change as it was changed", async () => {
    const before = receiver.calls.length
    const made = await put(spoor, posting("of-the-api", "sale", `http://127.0.0.1:${receiver.port}/first`))
    expect(made.ok).toBe(true)
    let n = 0
    await eventually("the rule holds", async () => {
      await send(spoor, `sale?n=${n++}`)
      return receiver.calls.slice(before).some(({ path }) => path === "/first")
    })
    const changed = await put(
      spoor,
      posting("of-the-api", "sale", `http://127.0.0.1:${receiver.port}/second`)
    )
    expect(changed.ok).toBe(true)
    await eventually("the change holds", async () => {
      await send(spoor, `sale?n=${n++}`)
      return receiver.calls.slice(before).some(({ path }) => path === "/second")
    })
    const [row] = await settledLedger(spoor, "of-the-api")
    const ids = receiver.ids().slice(before)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBe(row?.delivered ?? -1)
  }, 120_000)

  test("what waits for a target that is down survives a kill and is delivered once under its id; the API's rule stays", async () => {
    for (const n of [1, 2, 3]) await send(spoor, `late?n=${n}`)
    await eventually("calls were tried", async () => {
      const answer = await fetch(new URL("/api/reactions/calls?rule=down", spoor.address("watch them")))
      return ((await answer.json()) as { readonly calls: ReadonlyArray<unknown> }).calls.length > 0
    })
    await spoor.end("SIGKILL")
    const back = await startReceiver(secret, downPort)
    spoor = await startSpoor(["--all"], settings)
    try {
      // It may be left alone for a while; "retry now" of the page.
      const { origin } = spoor.address("watch them")
      await eventually(
        "all three",
        async () => {
          await fetch(`${origin}/api/reactions/targets/resume`, {
            method: "POST",
            headers: { "content-type": "application/json", origin },
            body: JSON.stringify({ target: `http://127.0.0.1:${downPort}` })
          })
          return new Set(back.ids()).size === 3
        },
        60_000,
        500
      )
      expect(back.calls.every(({ isGenuine }) => isGenuine)).toBe(true)
      expect(back.calls.map(({ body }) => body).toSorted()).toEqual(['{"n":"1"}', '{"n":"2"}', '{"n":"3"}'])
      const before = receiver.calls.length
      await send(spoor, "sale?n=after")
      await eventually("the API's rule", () =>
        receiver.calls.slice(before).some(({ body }) => body === '{"n":"after"}')
      )
      const [down] = await settledLedger(spoor, "down")
      expect(down).toMatchObject({ matched: 3, delivered: 3, dead: 0 })
      const answer = await fetch(new URL("/api/ledger", spoor.address("watch them")))
      expect(await answer.json()).toMatchObject({ balanced: true, complete: true })
    } finally {
      await back.stop()
    }
  }, 180_000)
})

const receivers = await installedReceivers()

describe.skipIf(receivers === undefined)("the receivers of actors/README.md", () => {
  const running = new Map<string, { readonly child: ChildProcess; output: string }>()
  let spoor: Spoor

  beforeAll(async () => {
    const rules: Array<Rule> = []
    for (const [language, [program = "", ...args]] of Object.entries(receivers ?? {})) {
      const port = await freePort()
      const env = { ...process.env, PORT: `${port}`, WEBHOOK_SECRET: secret }
      const child = diesWithUs(spawn(program, args, { env, stdio: ["ignore", "pipe", "inherit"] }))
      const one = { child, output: "" }
      child.stdout?.on("data", (chunk: Buffer) => {
        one.output += chunk.toString()
      })
      running.set(language, one)
      const url = `http://127.0.0.1:${port}`
      rules.push(posting(language.toLowerCase(), "signed", `${url}/orders`))
      await eventually(
        `${language} listens`,
        () =>
          fetch(url).then(
            () => true,
            () => false
          ),
        30_000
      )
    }
    const settings = {
      RULES: rulesFile(...rules),
      WEBHOOK_ALLOW: "127.0.0.1",
      WEBHOOK_SECRET: `${newWebhookSecret()} ${secret}`
    }
    spoor = await startSpoor(["--all"], ownSettings(settings))
  }, 120_000)
  afterAll(async () => {
    await spoor?.end("SIGKILL")
    for (const { child } of running.values()) child.kill("SIGKILL")
  })

  test("in TypeScript, Python and Go accept the signature, also while the key is replaced, and print the event once", async () => {
    expect([...running.keys()]).toEqual(["TypeScript", "Python", "Go"])
    await send(spoor, "signed?n=%C3%BC")
    const rows = await settledLedger(spoor, "typescript", "python", "go")
    for (const row of rows) expect(row).toMatchObject({ matched: 1, delivered: 1, dead: 0 })
    for (const [language, one] of running) {
      await eventually(`${language} prints it`, () => one.output.includes("\n"))
      expect([language, one.output.trim()]).toEqual([language, '/orders {"n":"ü"}'])
    }
  }, 60_000)
})

const servers = await realServers()

describe.skipIf(servers === undefined)("as distributed actors on real servers", () => {
  let cluster: Cluster
  let receiver: Receiver

  beforeAll(async () => {
    receiver = await startReceiver(secret)
    cluster = makeCluster(servers ?? {}, {
      RULES: rulesFile(posting("everywhere", "order", `http://127.0.0.1:${receiver.port}/orders`)),
      WEBHOOK_ALLOW: "127.0.0.1",
      WEBHOOK_SECRET: secret,
      DELIVER_LEASE: "3s"
    })
  })
  afterAll(async () => {
    await cluster?.stop()
    await receiver?.stop()
  })

  test("each event is called for once; with a reactor and a deliverer that are killed, under one id", async () => {
    await cluster.start("bridge")
    const [gateway, viewer, reactor, deliverer] = await Promise.all([
      cluster.start("gateway"),
      cluster.start("viewer"),
      cluster.start("reactor"),
      cluster.start("deliverer"),
      cluster.start("drainer"),
      cluster.start("enricher"),
      cluster.start("reactor"),
      cluster.start("deliverer")
    ])
    for (let n = 0; n < 40; n++) await send(gateway, `order?n=${n}`)
    await eventually("forty calls", () => receiver.calls.length >= 40, 60_000)
    const [calm] = await settledLedger(viewer, "everywhere")
    expect(calm).toMatchObject({ matched: 40, delivered: 40 })
    expect(new Set(receiver.ids()).size).toBe(40)
    expect(receiver.calls).toHaveLength(40)

    const sending = (async () => {
      for (let n = 40; n < 140; n++) await send(gateway, `order?n=${n}`)
    })()
    await Promise.all([reactor.end("SIGKILL"), deliverer.end("SIGKILL")])
    await sending
    await eventually("all are called for", () => new Set(receiver.ids()).size === 140, 90_000)
    const [row] = await settledLedger(viewer, "everywhere")
    expect(row).toMatchObject({ matched: 140, delivered: 140, dead: 0 })
    // Every event has one id, whatever was called twice.
    const idOf = new Map(receiver.calls.map(({ body, id }) => [body, id]))
    for (const { body, id } of receiver.calls) expect(idOf.get(body)).toBe(id)
    expect(idOf.size).toBe(140)
    expect(receiver.calls.every(({ isGenuine }) => isGenuine)).toBe(true)
  }, 240_000)
})
