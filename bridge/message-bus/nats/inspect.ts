/**
 * Inspects NATS for people who check a configuration: reachable, login, version, size of messages, permissions. It opens a
 * connection of its own. A permission is tried: the server reports what it denies. Trial messages are empty, expect no
 * reply and name a topic that nobody has, and a trial subscription ends at once, so that no actor acts on them.
 */
import { Effect } from "effect"
import { maxMessageBytes } from "../../../contracts/messages/msgpack.ts"
import { type Finding, fault, ok, warning } from "../../finding.ts"
import type { NatsOptions } from "./connection-types.ts"
import { dial, headersOf, type NatsConnection } from "./dial.ts"
import { bounded, warningOf } from "./errors.ts"
import { readDialOptions } from "./options.ts"

/** Subjects that the actors use. `isEssential`: without it no event passes. */
export interface SubjectUse {
  readonly subject: string
  /** The queue group of a subscription. */
  readonly queue?: string | undefined
  readonly isEssential: boolean
}

export interface BusUse {
  readonly publish: ReadonlyArray<SubjectUse>
  readonly subscribe: ReadonlyArray<SubjectUse>
}

export interface BusInspection {
  readonly isReachable: boolean
  readonly findings: ReadonlyArray<Finding>
}

/** How long the server's reports may take to be read after they have arrived, milliseconds. */
const reportMs = 100

/** Fails with `misconfigured` for options that cannot work. */
export const inspectNats = Effect.fnUntraced(function* (options: NatsOptions, use: BusUse) {
  const dialOptions = yield* readDialOptions(options)
  const where = `NATS at ${dialOptions.servers.join(", ")}`
  const dialled = yield* Effect.result(
    Effect.acquireRelease(dial(dialOptions), (nc) => Effect.promise(() => nc.close()))
  )
  if (dialled._tag === "Failure") {
    const message = `${where} cannot be reached: ${dialled.failure.message}.`
    return { isReachable: false, findings: [fault(message)] } satisfies BusInspection
  }
  const nc = dialled.success
  const denied = yield* deniedTo(nc, use)
  const findings = [...serverFindings(nc, where), ...permissionFindings(where, use, denied)]
  return { isReachable: true, findings } satisfies BusInspection
}, Effect.scoped)

const serverFindings = (nc: NatsConnection, where: string): ReadonlyArray<Finding> => {
  const { version = "unknown", max_payload = 0, headers = false } = nc.info ?? {}
  return [
    headers
      ? ok(`${where} answers: version ${version}, messages of up to ${max_payload} bytes.`)
      : fault(`${where} is version ${version}, which has no headers: Spoor needs 2.2 or later.`),
    ...(max_payload < maxMessageBytes
      ? [
          warning(
            `${where} accepts messages of up to ${max_payload} bytes only: set max_payload to ${maxMessageBytes} or more, or large batches are split.`
          )
        ]
      : [])
  ]
}

/** What the server denies, as `publish <subject>` and `subscribe <subject>`. */
const deniedTo = Effect.fnUntraced(function* (nc: NatsConnection, { publish, subscribe }: BusUse) {
  const denied = new Set<string>()
  const note = (error: Error): void => {
    const [, operation = "", subject] =
      /(publish|subscription) to "?([^\s"]+)/i.exec(warningOf(error) ?? "") ?? []
    if (subject !== undefined) denied.add(placeOf(/^p/i.test(operation) ? "publish" : "subscribe", subject))
  }
  const followed = (async () => {
    for await (const status of nc.status()) if (status.type === "error") note(status.error)
  })()
  followed.catch(() => undefined)
  for (const { subject, queue } of subscribe) {
    const subscription = nc.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (error !== null) return note(error)
        // A request that came in between: its requester tries again at once.
        if (message.reply) message.respond(notNow, { headers: headersOf([["Spoor-Failure", "busy"]]) })
      }
    })
    subscription.unsubscribe()
  }
  for (const { subject } of publish) nc.publish(subject)
  yield* Effect.ignore(bounded("a flush to NATS", () => nc.flush()))
  yield* Effect.sleep(reportMs)
  return denied
})

const placeOf = (operation: string, subject: string): string => `${operation} ${subject}`.toLowerCase()

const notNow = "a configuration was just checked with this user"

const permissionFindings = (
  where: string,
  { publish, subscribe }: BusUse,
  denied: ReadonlySet<string>
): ReadonlyArray<Finding> => {
  const all = [
    ...publish.map((use) => ({ ...use, what: `publish ${use.subject}` })),
    ...subscribe.map((use) => ({ ...use, what: `subscribe ${use.subject}` }))
  ]
  const refused = all.filter(({ what }) => denied.has(what.toLowerCase()))
  const textOf = (uses: typeof refused): string =>
    uses.map(({ what, queue }) => (queue === undefined ? what : `${what} (queue group ${queue})`)).join(", ")
  const essential = refused.filter(({ isEssential }) => isEssential)
  const others = refused.filter(({ isEssential }) => !isEssential)
  if (refused.length === 0)
    return all.length === 0 ? [] : [ok(`${where} allows all ${all.length} subjects that these actors use.`)]
  return [
    ...(essential.length === 0
      ? []
      : [
          fault(`${where} denies to our user: ${textOf(essential)}. Allow it, as in deploy/nats/spoor.conf.`)
        ]),
    ...(others.length === 0
      ? []
      : [
          warning(
            `${where} denies to our user: ${textOf(others)}. Events pass, but people see less of them. Allow it, as in deploy/nats/spoor.conf.`
          )
        ])
  ]
}
