/** Refuses a set of actors that cannot work: actors that need each other, in separate processes without NATS. Pure. */
import { Effect } from "effect"
import { Failure } from "../../contracts/failure.ts"
import type { Actor } from "./actor.ts"

/** Actors that send requests to each other; without NATS they must run in one process. */
const connected = ["drainer", "enricher", "bridge"]

/** Fails with one sentence when some, but not all, of the connected actors are present and the bus is in-process. */
export const checkActorSet = (
  actors: ReadonlyArray<Actor>,
  isEmbedded: boolean
): Effect.Effect<void, Failure> => {
  const present = connected.filter((name) => actors.some((actor) => actor.name === name))
  const missing = connected.filter((name) => !present.includes(name))
  if (!isEmbedded || present.length === 0 || missing.length === 0) return Effect.void
  const message = `${present.join(" and ")} cannot work without ${missing.join(" and ")}: set NATS_URL to reach other processes, or run all of them in this process`
  return Effect.fail(new Failure({ reason: "misconfigured", message }))
}
