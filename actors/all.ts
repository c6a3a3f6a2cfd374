/** Every actor, in the order in which an event meets them; those at the end run only when they are named. */
import { Bridge } from "./bridge.ts"
import { Drainer } from "./drainer.ts"
import { Enricher } from "./enricher.ts"
import { EventCounter } from "./event-counter.ts"
import { Gateway } from "./gateway.ts"
import { MetadataCounter } from "./metadata-counter.ts"
import { SearchCounter } from "./search-counter.ts"
import type { Actor } from "./system/actor.ts"
import { Tap } from "./tap.ts"
import { TimingStats } from "./timing-stats.ts"
import { Viewer } from "./viewer.ts"

const standard: ReadonlyArray<Actor> = [
  Gateway,
  Drainer,
  Enricher,
  Bridge,
  EventCounter,
  MetadataCounter,
  SearchCounter,
  TimingStats,
  Viewer
]

export const actors: ReadonlyArray<Actor> = [...standard, Tap]

/** Is it among those that `--all` runs? */
export const isStandard = (actor: Actor): boolean => standard.includes(actor)
