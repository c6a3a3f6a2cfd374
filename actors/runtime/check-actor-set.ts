/** Refuses a choice of actors that could never work: actors that talk to others while messages stay in the process. */
import { Effect } from "effect"
import { Failure } from "../../contracts/failure.ts"
import type { Actor } from "./actor.ts"

/** Those who ask each other; without NATS they must be together in one process. */
const talkative = ["drainer", "enricher", "bridge"]

/** Fails with one sentence when some, but not all, of the actors that talk are there and the bus is in-process. */
export const refuseSolitude = (
  actors: ReadonlyArray<Actor>,
  isEmbedded: boolean
): Effect.Effect<void, Failure> => {
  const present = talkative.filter((name) => actors.some((actor) => actor.name === name))
  const missing = talkative.filter((name) => !present.includes(name))
  if (!isEmbedded || present.length === 0 || missing.length === 0) return Effect.void
  const message = `${present.join(" and ")} cannot work without ${missing.join(" and ")}: set NATS_URL to reach them, or run them in this process too`
  return Effect.fail(new Failure({ reason: "misconfigured", message }))
}
