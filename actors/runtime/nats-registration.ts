/** Registers a running actor on the bus as a NATS micro service: `nats micro ls`, `$SRV.PING`, `.INFO`, `.STATS`. */
import { hostname } from "node:os"
import { Effect } from "effect"
import { type Endpoint, register } from "../../bridge/message-bus/micro-service.ts"
import type { ActorFigures } from "../../contracts/actor-stats.ts"
import { schemaPath } from "../../contracts/messages/all-messages.ts"
import { formatsText } from "../../contracts/messages/format.ts"
import packageJson from "../../package.json" with { type: "json" }
import type { ServedEndpoint } from "./actor-context.ts"
import type { Health } from "./health.ts"
import type { RunningActor } from "./supervisor.ts"

/**
 * Answers discovery requests for the actor until the scope closes. Its first endpoint reports messages as requests and the
 * actor's figures as data; an actor that serves no subject names the one that its figures are requested on. `systems`:
 * the names, in `health`, of the systems it requires; `ops`: the address of this process's ops server, if it has one.
 */
export const registerOnBus = (
  { actor, meter, instance, served, restarts }: RunningActor,
  health: Health,
  systems: ReadonlyArray<string>,
  ops?: string
) =>
  register({
    name: actor.name,
    id: instance,
    version: packageJson.version,
    description: actor.summary,
    metadata: {
      host: hostname(),
      pid: String(process.pid),
      receives: actor.receives,
      sends: actor.sends,
      ...(ops === undefined ? {} : { ops })
    },
    stats: Effect.map(health.lastFound(systems), (found): ReadonlyArray<Endpoint> => {
      const { messages, busyNanoseconds, lastError, events, underWay, lag, lastAt, behind } = meter.totals()
      const state = health.stateOf(actor.name)
      const figures: ActorFigures = {
        events,
        underWay,
        capacity: actor.limits.capacity,
        ...(lag === undefined ? {} : { lag }),
        ...(lastAt === undefined ? {} : { lastAt }),
        ...(behind === undefined ? {} : { behind }),
        ...(state === undefined ? {} : { state }),
        ...restarts(),
        ...found
      }
      const own = {
        requests: messages,
        errors: events.failed + events.refused,
        lastError,
        processingTime: busyNanoseconds,
        data: figures
      }
      const [first, ...more] = served()
      if (first === undefined)
        return [
          {
            ...own,
            name: "messages",
            subject: actor.serves?.subject ?? `$SRV.STATS.${actor.name}`,
            queue: actor.serves?.queue ?? actor.name
          }
        ]
      return [
        { ...own, ...endpointOf(first, "messages") },
        ...more.map((one, i) => ({ ...uncounted, ...endpointOf(one, `messages-${i + 2}`) }))
      ]
    })
  })

/** The figures of an actor are those of its first endpoint, whatever subject a message came on. */
const uncounted = { requests: 0, errors: 0, lastError: "", processingTime: 0 } as const

const endpointOf = ({ subject, queue, formats, request, reply }: ServedEndpoint, name: string) => {
  const newest = Math.max(...formats)
  return {
    name,
    subject,
    queue,
    metadata: {
      formats: formatsText(formats),
      schema: schemaPath(request, newest),
      reply_schema: schemaPath(reply, newest)
    }
  }
}
