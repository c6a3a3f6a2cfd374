/**
 * The rules of deploy/rules/ in tests: which of them an event matches, and Spoor running with them against a stand-in of
 * their targets, which records each request byte for byte.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parse } from "yaml"
import { loadRules } from "../../../actors/rules/read-rules.ts"
import { makeRenderer } from "../../../actors/rules/render.ts"
import type { RuleVariables } from "../../../actors/rules/variables.ts"
import { record } from "../../../actors/testing/events.ts"
import { Topic } from "../../../contracts/ids.ts"
import type { Rule } from "../../../contracts/reactions/rule.ts"
import { eventually } from "../../support/eventually.ts"
import { ownSettings, type Spoor, startSpoor } from "../../support/spoor.ts"

const folder = join(import.meta.dirname, "..", "..", "..", "deploy", "rules")

/** The text of a shipped file, by its name without ending. */
export const shippedText = (name: string): string => readFileSync(join(folder, `${name}.yaml`), "utf8")

/** The names of the rules of the file that an event matches. `meta`: values of the record's second part. */
export const matcherOf = (name: string, variables: RuleVariables) => {
  const rules = loadRules(shippedText(name), makeRenderer(variables))
  return (
    type: string,
    params: Readonly<Record<string, string>>,
    meta: Readonly<Record<string, string>> = {}
  ): ReadonlyArray<string> =>
    rules
      .match(
        {
          offset: "0",
          timestamp: 0,
          key: undefined,
          headers: {},
          value: record({ type, params, ...meta }).value
        },
        Topic.make("events")
      )
      .map(({ rule }) => rule.name)
}

/** A request as it arrived. `url`: the request target, not decoded. */
export interface Received {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string | ReadonlyArray<string> | undefined>>
  readonly body: string
}

/** What the stand-in answers; default: 200 without a body. */
export type Answering = (
  request: Received
) => { readonly status?: number; readonly json?: unknown } | undefined

/** A server in place of the targets of rules; `received` grows as requests arrive. */
export const startStandIn = async (answering: Answering = () => undefined) => {
  const received: Array<Received> = []
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const one: Received = {
        ...{ method: request.method ?? "", url: request.url ?? "", headers: request.headers },
        body: Buffer.concat(chunks).toString("utf8")
      }
      received.push(one)
      const { status = 200, json } = answering(one) ?? {}
      response.writeHead(status, json === undefined ? {} : { "content-type": "application/json" })
      response.end(json === undefined ? undefined : JSON.stringify(json))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    /** The first request that fits, when it has arrived. */
    arrival: async (what: string, fits: (request: Received) => boolean): Promise<Received> => {
      await eventually(
        `${what} among ${received.map(({ method, url }) => `${method} ${url}`).join(", ")}`,
        () => received.some(fits),
        30_000
      )
      return received.find(fits) as Received
    },
    stop: () => new Promise<void>((resolve) => void server.close(() => resolve()))
  }
}
export type StandIn = Awaited<ReturnType<typeof startStandIn>>

/** The actors between an event and a call. */
const actors = ["gateway", "drainer", "enricher", "bridge", "reactor", "deliverer", "viewer"]

/**
 * Spoor in a process of its own with the rules of these files, further rules, and the variables and secrets of the
 * settings.
 */
export const startWithRules = async (
  files: ReadonlyArray<string>,
  settings: Readonly<Record<string, string>>,
  more: ReadonlyArray<Rule> = []
) => {
  const own = mkdtempSync(join(tmpdir(), "spoor-rules-"))
  const rules = files.flatMap(
    (name) => (parse(shippedText(name)) as { readonly rules: ReadonlyArray<Rule> }).rules
  )
  writeFileSync(join(own, "rules.json"), JSON.stringify({ rules: [...rules, ...more] }))
  const spoor: Spoor = await startSpoor(
    actors,
    ownSettings({ RULES: join(own, "rules.json"), WEBHOOK_ALLOW: "127.0.0.1", ...settings })
  )
  return {
    spoor,
    /** Sends an event over HTTP: `bud?owner=1`. */
    send: async (event: string): Promise<void> => {
      const answer = await fetch(new URL(`/t/${event}`, spoor.address("send events")))
      if (answer.status !== 200) throw new Error(`${event}: ${answer.status} ${await answer.text()}`)
    },
    /** An answer of the viewer's API. */
    view: async (path: string): Promise<unknown> =>
      (await fetch(new URL(path, spoor.address("watch them")))).json(),
    stop: async () => {
      await spoor.end("SIGKILL")
      rmSync(own, { recursive: true })
    }
  }
}
export type WithRules = Awaited<ReturnType<typeof startWithRules>>

/** The value of `Authorization: Basic`. */
export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`, "utf8").toString("base64")}`
