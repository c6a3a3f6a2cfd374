/** Registers a running actor on the bus as a NATS micro service: `nats micro ls`, `$SRV.PING`, `.INFO`, `.STATS`. */
import { hostname } from "node:os"
import { Effect } from "effect"
import { type Endpoint, register } from "../../bridge/message-bus/micro-service.ts"
import type { ActorFigures } from "../../contracts/actor-stats.ts"
import { newBatchId } from "../../contracts/ids.ts"
import packageJson from "../../package.json" with { type: "json" }
import type { Health } from "./health.ts"
import type { RunningActor } from "./supervisor.ts"

/**
 * Answers discovery requests for the actor until the scope closes. Its one endpoint reports messages as requests and the
 * actor's figures as data; an actor that serves no subject names the one that its figures are requested on. `systems`:
 * the names, in `health`, of the systems it requires.
 */
export const registerOnBus = (
  { actor, meter }: RunningActor,
  health: Health,
  systems: ReadonlyArray<string>
) =>
  register({
    name: actor.name,
    id: newBatchId(),
    version: packageJson.version,
    description: actor.summary,
    metadata: { host: hostname(), pid: String(process.pid), receives: actor.receives, sends: actor.sends },
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
        ...found
      }
      return [
        {
          name: "messages",
          subject: actor.serves?.subject ?? `$SRV.STATS.${actor.name}`,
          queue: actor.serves?.queue ?? actor.name,
          requests: messages,
          errors: events.failed + events.refused,
          lastError,
          processingTime: busyNanoseconds,
          data: figures
        }
      ]
    })
  })
