/** Every actor, in the order in which an event meets them. */
import { Bridge } from "./bridge.ts"
import { Drainer } from "./drainer.ts"
import { Enricher } from "./enricher.ts"
import { EventCounter } from "./event-counter.ts"
import { Gateway } from "./gateway.ts"
import { MetadataCounter } from "./metadata-counter.ts"
import { SearchCounter } from "./search-counter.ts"
import type { Actor } from "./system/actor.ts"
import { TimingStats } from "./timing-stats.ts"
import { Viewer } from "./viewer.ts"

export const actors: ReadonlyArray<Actor> = [
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
