/** The crashes of an actor's instances as sentences, from their figures. Pure. */
import type { ActorFigures } from "../../../contracts/actor-stats.ts"
import { ended, many, span } from "../format.ts"
import type { InstanceView } from "./system-view.ts"

type CrashFigures = Pick<ActorFigures, "restarts" | "lastCrash" | "state">

/** True while the actor is down because it crashed. */
export const isDownByCrash = ({ state }: CrashFigures): boolean =>
  state === "restarting" || state === "given up"

/** What an instance's view says of its crashes, at `wall`, milliseconds since 1970; nothing without a crash. */
export const crashView = (
  figures: CrashFigures,
  wall: number
): Pick<InstanceView, "crash" | "restarts" | "isCrashed"> => {
  const { restarts = 0, lastCrash, state } = figures
  if (lastCrash === undefined) return {}
  const { at, cause } = lastCrash
  const age = `${span(Math.max(0, wall - at))} ago`
  const times = many(restarts, "restart", "restarts")
  const crash =
    state === "given up"
      ? `given up after ${times}, its process ends: ${cause}`
      : state === "restarting"
        ? `crashed ${age} and is restarting (${times} so far): ${cause}`
        : `${times}, the last crash ${age}: ${cause}`
  return { crash, restarts, isCrashed: isDownByCrash(figures) }
}

/** Why instances are down: the cause of the last crash of all; undefined when none of them has crashed. */
export const crashSentence = (all: ReadonlyArray<CrashFigures>): string | undefined => {
  const down = all.filter(isDownByCrash)
  const last = down.toSorted((one, other) => (other.lastCrash?.at ?? 0) - (one.lastCrash?.at ?? 0))[0]
  if (last === undefined) return undefined
  const cause = last.lastCrash === undefined ? "" : `: ${ended(last.lastCrash.cause)}`
  const end = cause === "" ? "." : cause
  const given = down.filter(({ state }) => state === "given up").length
  if (given === 0) return `crashed and is restarting${end}`
  return `crashed too often and was given up${end}`
}
