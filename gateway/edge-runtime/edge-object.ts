/**
 * The Durable Object of a gateway at the edge: it holds the connection to the centre, and with EDGE_ACK=durable-object the
 * lines until the centre has them. Lives while requests or its alarm need it; its database outlives it.
 */
import { DurableObject, type DurableObjectState } from "cloudflare:workers"
import type { ByteString } from "../../contracts/event.ts"
import type { Failure } from "../../contracts/failure.ts"
import { writeLog } from "./edge-log.ts"
import { edgeStore, type ForwardingStore } from "./edge-store.ts"
import { readStoreSettings } from "./read-settings.ts"
import type { EdgeFigures } from "./service.ts"
import { SqliteLines } from "./sqlite-lines.ts"

/** A failure as it travels between a Worker and its object. */
export type FailureFields = Pick<Failure, "reason" | "message">

export interface EdgeObjectMethods {
  readonly push: (lines: ReadonlyArray<ByteString>) => Promise<ReadonlyArray<FailureFields | undefined>>
  readonly salt: (day: number, proposed: string) => Promise<string>
  readonly figures: () => Promise<EdgeFigures>
}

/** A planned alarm further away than this is for salts, not for the next attempt to forward, milliseconds. */
const farAlarmMs = 60_000

/** The time until the next attempt while the settings are invalid, milliseconds. */
const misconfiguredRetryMs = 30_000

export class EdgeQueue extends DurableObject<Record<string, unknown>> implements EdgeObjectMethods {
  private readonly lines: SqliteLines
  private readonly store: ForwardingStore | Failure
  private isForwarding = false

  constructor(ctx: DurableObjectState, env: Record<string, unknown>) {
    super(ctx, env)
    const { sql } = ctx.storage
    const settings = readStoreSettings(env)
    const maxBytes = settings.ok ? settings.value.maxBytes : 0
    this.lines = new SqliteLines({ sql, sync: () => ctx.storage.sync() }, maxBytes)
    this.store = settings.ok
      ? edgeStore({ ...settings.value, store: this.lines, wake: () => this.wake(), log: writeLog })
      : settings.failure
    void ctx.blockConcurrencyWhile(async () => {
      if (!this.lines.isEmpty) await this.wake()
    })
  }

  async push(lines: ReadonlyArray<ByteString>): Promise<ReadonlyArray<FailureFields | undefined>> {
    const { store } = this
    if (!("push" in store)) return lines.map(() => fieldsOf(store))
    return (await store.push(lines)).map((failure) => (failure === undefined ? undefined : fieldsOf(failure)))
  }

  async salt(day: number, proposed: string): Promise<string> {
    const salt = await this.lines.salt(day, proposed)
    if ((await this.ctx.storage.getAlarm()) === null) await this.setNextAlarm(undefined)
    return salt
  }

  async figures(): Promise<EdgeFigures> {
    const { store } = this
    if ("push" in store) return store.figures()
    return { ...(await this.lines.size()), delivered: 0, failures: 0, problem: store.message }
  }

  async alarm(): Promise<void> {
    const { store } = this
    this.isForwarding = true
    let waitMs: number | undefined = misconfiguredRetryMs
    try {
      this.lines.deleteOldSalts()
      if ("push" in store) waitMs = await store.forward()
      else writeLog("WARN", `Stored lines are not forwarded: ${store.message}`)
    } finally {
      this.isForwarding = false
      await this.setNextAlarm(waitMs)
    }
  }

  /** Sets the alarm to now, unless the next attempt is already planned. */
  private async wake(): Promise<void> {
    if (this.isForwarding) return
    const planned = await this.ctx.storage.getAlarm()
    const now = Date.now()
    if (planned === null || planned > now + farAlarmMs) await this.ctx.storage.setAlarm(now)
  }

  /** While lines are stored, the alarm is the next attempt, in `waitMs` or at once; else the end of a salt. */
  private async setNextAlarm(waitMs: number | undefined): Promise<void> {
    const at = this.lines.isEmpty ? this.lines.nextSaltEnd() : Date.now() + (waitMs ?? 0)
    if (at !== undefined) await this.ctx.storage.setAlarm(at)
  }
}

const fieldsOf = ({ reason, message }: Failure): FailureFields => ({ reason, message })
