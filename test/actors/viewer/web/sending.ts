/** Events for the pages to show: sent to a running gateway, or pushed to the queue directly. */
import { expect } from "bun:test"
import { Effect } from "effect"
import { sqliteQueue } from "../../../../bridge/ingest-queue/sqlite/queue.ts"
import { bytesOf } from "../../../../contracts/event.ts"
import type { Spoor } from "../../../support/spoor.ts"

/** User agents and addresses that the enricher knows. */
export const agents = {
  phone:
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1",
  desktop:
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0 Safari/537.36"
} as const
export const addresses = { US: "8.8.8.8", GB: "81.2.69.160", DE: "193.99.144.80" } as const

export interface From {
  readonly agent?: keyof typeof agents
  readonly country?: keyof typeof addresses
}

/** Sends one event; resolves when the gateway has accepted it. */
export const send = async (
  spoor: Spoor,
  type: string,
  params: Readonly<Record<string, string>> = {},
  { agent = "desktop", country = "US" }: From = {}
): Promise<void> => {
  const address = new URL(`/t/${type}?${new URLSearchParams(params)}`, spoor.address("send events"))
  const headers = { "x-forwarded-for": addresses[country], "user-agent": agents[agent] }
  const answer = await fetch(address, { headers })
  expect(await answer.json()).toEqual({ status: "ok" })
}

export interface Sent {
  readonly event: string
  readonly params: Readonly<Record<string, string | number>>
}

/** Sends many events in one request; resolves when the gateway has accepted all. */
export const sendAll = async (spoor: Spoor, events: ReadonlyArray<Sent>): Promise<void> => {
  const answer = await fetch(new URL("/batch", spoor.address("send events")), {
    method: "POST",
    headers: { "content-type": "application/json", "user-agent": agents.desktop },
    body: JSON.stringify(events)
  })
  expect(answer.status).toBe(200)
}

/** Pushes any lines to the embedded queue in that folder, as another program's tracker would. */
export const pushLines = (directory: string, lines: ReadonlyArray<string>): Promise<void> =>
  Effect.runPromise(
    Effect.scoped(Effect.flatMap(sqliteQueue(directory), (queue) => queue.push(lines.map(bytesOf))))
  )
