/** The systems behind the actors, as this process finds them and as the instances report them. Pure. */
import type { SystemsFound } from "../../runtime/health.ts"
import { ended } from "../format.ts"
import { unreachableSystemsOf } from "./actor-groups.ts"
import type { DeadSystem } from "./health-rules.ts"
import type { Instance } from "./instances.ts"
import type { DependencyView } from "./system-view.ts"

const kinds: Readonly<Record<string, string>> = {
  redis: "Redis",
  nats: "NATS",
  kafka: "Kafka",
  sqlite: "SQLite file",
  "in-process": "in process"
}

/**
 * Each system once: first those that this process checks itself, then those that only other processes use. A system that
 * any instance cannot reach counts as unreachable.
 */
export const dependencyViews = (
  own: SystemsFound,
  instances: ReadonlyArray<Instance>
): { readonly seams: ReadonlyArray<DependencyView>; readonly dead: ReadonlyArray<DeadSystem> } => {
  const seams = new Map<string, Found>()
  for (const [name, { kind, embedded, address }] of Object.entries(own.systems)) {
    const found = own.seams[name]
    const error = found === "ok" ? undefined : found
    const isFound = found !== undefined
    seams.set(keyOf(name, kind, address), { name, kind, embedded, address, error, isFound })
  }
  const complaints = new Map<string, Array<Complaint>>()
  for (const instance of instances) {
    const troubles = unreachableSystemsOf(instance)
    for (const [name, { kind, embedded, address }] of Object.entries(instance.last.figures.systems ?? {})) {
      const key = keyOf(name, kind, address)
      const isFound = instance.last.figures.seams?.[name] !== undefined
      const known = seams.get(key)
      if (known === undefined) seams.set(key, { name, kind, embedded, address, error: undefined, isFound })
      else if (isFound) seams.set(key, { ...known, isFound })
      const trouble = troubles[name]
      if (trouble === undefined) continue
      const { host = "", pid = "" } = instance.metadata
      const complaint = { trouble, who: `${instance.name} (${host} ${pid})` }
      complaints.set(key, [...(complaints.get(key) ?? []), complaint])
    }
  }
  const ordered = [...seams].toSorted(([, one], [, other]) => placeOf(one) - placeOf(other))
  const dead: Array<DeadSystem> = []
  const views = ordered.map(([key, { name, kind, embedded, address, error, isFound }]): DependencyView => {
    const [first, ...others] = complaints.get(key) ?? []
    const trouble = error ?? first?.trouble
    const dependency = { name, kind: kinds[kind] ?? kind, embedded, address }
    if (trouble === undefined) return { ...dependency, ok: isFound ? true : null }
    const more = others.length === 0 ? "" : `, and ${others.length} more`
    const reported = error ?? `${trouble.replace(/\.$/, "")}, reported by ${first?.who}${more}`
    const troubles = [trouble, ...(complaints.get(key) ?? []).map((one) => one.trouble)]
    dead.push({ name, trouble, troubles, sentence: `The ${name} cannot be reached: ${ended(reported)}` })
    return { ...dependency, ok: false, error: reported }
  })
  return { seams: views, dead }
}

/** An error that an instance reports of a system. */
interface Complaint {
  readonly trouble: string
  readonly who: string
}

interface Found {
  readonly name: string
  readonly kind: string
  readonly embedded: boolean
  readonly address: string
  readonly error: string | undefined
  /** It has been checked at least once. */
  readonly isFound: boolean
}

/** The order of the systems: that of the pipeline. */
const order = ["queue", "bus", "log", "projections", "keyed state", "reactions", "device mappings"]
const placeOf = ({ name }: Found): number => {
  const place = order.indexOf(name.replace(/ \d+$/, ""))
  return place === -1 ? order.length : place
}

const keyOf = (name: string, kind: string, address: string): string => `${name} ${kind} ${address}`
