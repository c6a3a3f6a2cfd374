/** The system at one moment, put together of what the watch has seen. Pure. */

import { rounded } from "../format.ts"
import { type ActorGroup, troublesOf } from "./actor-groups.ts"
import { dependencyViews } from "./dependencies.ts"
import { systemHealth } from "./health-rules.ts"
import { failedIn, handledIn, type Instance, rateOf, silentAfter, workOf } from "./instances.ts"
import { causesOf, stageOnce, withHeard, withoutCauses } from "./merge-causes.ts"
import { flow, type Seen, stagesOf } from "./stages.ts"
import type { InstanceView, SystemView } from "./system-view.ts"

export interface Known extends Seen {
  /** By the steady clock, and milliseconds since 1970. */
  readonly at: number
  readonly wall: number
  readonly instances: ReadonlyArray<Instance>
  readonly summary: (name: string) => string
  readonly troubles: ReadonlyArray<string>
}

export const makeView = (known: Known): SystemView => {
  const stages = stagesOf(known)
  const { seams, dead: found } = dependencyViews(
    known.own,
    known.instances.filter(({ last }) => known.at - last.at <= silentAfter)
  )
  const dead = withHeard(found, [
    ["bus", known.bus.trouble],
    ...known.queues.map(({ name, trouble }) => [name, trouble] as const)
  ])
  const causes = causesOf(dead)
  return {
    at: known.wall,
    ...systemHealth(stages, dead),
    stages: stages.map((stage) => stageOnce(stage, causes)),
    instances: known.instances
      .map((instance) => instanceView(instance, known))
      .toSorted((one, other) => placeOf(one) - placeOf(other) || compare(one, other)),
    seams,
    troubles: known.troubles.map((trouble) => withoutCauses(trouble, causes))
  }
}

const instanceView = (
  instance: Instance,
  { at, groups, summary }: { at: number; groups: ReadonlyMap<string, ActorGroup>; summary: Known["summary"] }
): InstanceView => {
  const { name, id, version, started, metadata, last } = instance
  const { events, underWay, capacity, lag } = last.figures
  const { messages, busy } = workOf(instance)
  const behind = groups.get(name)?.behindOf.get(id)
  return {
    name,
    id,
    version,
    host: metadata.host ?? "",
    pid: metadata.pid ?? "",
    started,
    summary: summary(name),
    receives: metadata.receives ?? "",
    sends: metadata.sends ?? "",
    rate: rateOf(instance, handledIn),
    failedRate: rateOf(instance, failedIn),
    events,
    underWay: underWay ?? null,
    capacity: capacity ?? null,
    took: messages > 0 ? rounded(busy / messages) : null,
    lag: lag ?? null,
    ...(behind === undefined ? {} : { behind }),
    lastError: last.lastError,
    silentFor: Math.max(0, Math.round((at - last.at) / 1000)),
    troubles: at - last.at <= silentAfter ? troublesOf(instance) : {}
  }
}

/** In the order of the flow; all others behind it. */
const placeOf = ({ name }: InstanceView): number => {
  const place = flow.indexOf(name)
  return place === -1 ? flow.length : place
}

const compare = (one: InstanceView, other: InstanceView): number =>
  one.name.localeCompare(other.name) ||
  one.started.localeCompare(other.started) ||
  one.id.localeCompare(other.id)
