/** Builds the view of the system at one moment from the monitor's observations. Pure. */
import { rounded } from "../format.ts"
import { type ActorGroup, unreachableSystemsOf } from "./actor-groups.ts"
import { crashView } from "./crashes.ts"
import { dependencyViews } from "./dependencies.ts"
import { systemHealth } from "./health-rules.ts"
import { failedIn, handledIn, type Instance, rateOf, silentAfterMs, workOf } from "./instances.ts"
import { causesOf, stageOnce, withOwnErrors, withoutCauses } from "./merge-causes.ts"
import { pipelineOrder, type SystemObservation, stagesOf } from "./stages.ts"
import type { InstanceView, SystemView } from "./system-view.ts"

export interface MonitorState extends SystemObservation {
  /** By the monotonic clock, and in milliseconds since 1970. */
  readonly at: number
  readonly wall: number
  readonly instances: ReadonlyArray<Instance>
  readonly summary: (name: string) => string
  readonly troubles: ReadonlyArray<string>
}

export const makeView = (state: MonitorState): SystemView => {
  const stages = stagesOf(state)
  const { seams, dead: found } = dependencyViews(
    state.own,
    state.instances.filter(({ last }) => state.at - last.at <= silentAfterMs)
  )
  const dead = withOwnErrors(found, [
    ["bus", state.bus.trouble],
    ...state.queues.map(({ name, trouble }) => [name, trouble] as const)
  ])
  const causes = causesOf(dead)
  return {
    at: state.wall,
    ...systemHealth(stages, dead),
    stages: stages.map((stage) => stageOnce(stage, causes)),
    instances: state.instances
      .map((instance) => instanceView(instance, state))
      .toSorted((one, other) => placeOf(one) - placeOf(other) || compare(one, other)),
    seams,
    troubles: state.troubles.map((trouble) => withoutCauses(trouble, causes))
  }
}

const instanceView = (
  instance: Instance,
  {
    at,
    wall,
    groups,
    summary
  }: { at: number; wall: number; groups: ReadonlyMap<string, ActorGroup>; summary: MonitorState["summary"] }
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
    ...crashView(last.figures, wall),
    silentFor: Math.max(0, Math.round((at - last.at) / 1000)),
    troubles: at - last.at <= silentAfterMs ? unreachableSystemsOf(instance) : {}
  }
}

/** In the order of the pipeline; all others after it. */
const placeOf = ({ name }: InstanceView): number => {
  const place = pipelineOrder.indexOf(name)
  return place === -1 ? pipelineOrder.length : place
}

const compare = (one: InstanceView, other: InstanceView): number =>
  one.name.localeCompare(other.name) ||
  one.started.localeCompare(other.started) ||
  one.id.localeCompare(other.id)
