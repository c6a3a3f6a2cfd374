/** Makes a running actor known on the bus as a NATS micro service: `nats micro ls`, `$SRV.PING`, `.INFO`, `.STATS`. */
import { hostname } from "node:os"
import { Effect } from "effect"
import { type Endpoint, register } from "../../bridge/message-bus/micro-service.ts"
import { newBatchId } from "../../contracts/ids.ts"
import packageJson from "../../package.json" with { type: "json" }
import type { Life } from "./life.ts"

/**
 * Answers for the actor until the scope closes. Its one endpoint has its messages as requests and its events, by
 * outcome, as data; an actor that serves no subject of its own gives the one its figures are asked on.
 */
export const registerOnBus = ({ actor, meter }: Life) =>
  register({
    name: actor.name,
    id: newBatchId(),
    version: packageJson.version,
    description: actor.summary,
    metadata: { host: hostname(), pid: String(process.pid), receives: actor.receives, sends: actor.sends },
    stats: Effect.sync((): ReadonlyArray<Endpoint> => {
      const { messages, busyNanoseconds, events, lastError } = meter.totals()
      return [
        {
          name: "messages",
          subject: actor.serves?.subject ?? `$SRV.STATS.${actor.name}`,
          queue: actor.serves?.queue ?? actor.name,
          requests: messages,
          errors: events.failed + events.refused,
          lastError,
          processingTime: busyNanoseconds,
          data: { events }
        }
      ]
    })
  })
