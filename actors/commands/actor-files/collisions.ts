/**
 * Finds what actors of the user must not share with Spoor's actors or with each other: names, subjects, consumer groups,
 * settings of another meaning, metrics. Pure.
 */
import type { ReaderGroup } from "../../../bridge/event-log/service.ts"
import { matcher } from "../../../bridge/message-bus/subject.ts"
import type { Setting } from "../../../contracts/setting.ts"
import type { DeclaredMetric, Served } from "../../runtime/actor.ts"
import { settingsOf } from "../help.ts"
import type { LoadedActor } from "./load-actor-files.ts"
import own from "./own-actors.json" with { type: "json" }

/** What must be an actor's own. */
export interface Claims {
  /** For people: `Spoor's enricher`, `browser-counter of ./browser-counter.ts`. */
  readonly who: string
  readonly name: string
  readonly serves: Served | undefined
  readonly group: ReaderGroup | undefined
  readonly settings: ReadonlyArray<DeclaredSetting>
  readonly metrics: ReadonlyArray<DeclaredMetric>
}

/** What makes two settings of one name the same. */
export type DeclaredSetting = Pick<Setting<unknown>, "name" | "standard" | "secret" | "form">

/** One sentence for each collision; none when the actors can run together and beside all actors of Spoor. */
export const collisions = (loaded: ReadonlyArray<LoadedActor>): ReadonlyArray<string> => {
  const theirs = loaded.map(claimsOf)
  return theirs.flatMap((one, i) => [
    ...unfitNames(one),
    ...[...ownClaims, ...theirs.slice(0, i)].flatMap((other) => sharedBy(one, other)),
    ...settingCollisions(one, own.settings, "Spoor")
  ])
}

const ownClaims: ReadonlyArray<Claims> = own.actors.map(({ name, serves, group }) => ({
  ...{ who: `Spoor's ${name}`, name, serves, group },
  ...{ settings: [], metrics: [] }
}))

const claimsOf = ({ actor, file }: LoadedActor): Claims => ({
  who: `${actor.name} of ${file}`,
  name: actor.name,
  serves: actor.serves,
  group: actor.group,
  settings: settingsOf(actor),
  metrics: actor.metrics
})

/** Names that NATS, Prometheus or the environment would not take, or that are reserved. */
const unfitNames = ({ who, name, settings, metrics }: Claims): ReadonlyArray<string> => [
  ...(/^[a-z][a-z0-9-]{0,62}$/.test(name)
    ? []
    : [`${who} cannot have this name: write lower-case letters, digits and hyphens, like browser-counter`]),
  ...settings.flatMap((one) =>
    /^[A-Z][A-Z0-9_]*$/.test(one.name) && !one.name.endsWith("_FILE")
      ? []
      : [
          `${who} cannot have the setting ${one.name}: write upper-case letters, digits and _, not ending in _FILE`
        ]
  ),
  ...metrics.flatMap(({ id }) => {
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(id))
      return [`${who} cannot have the metric ${id}: write letters, digits and _, like browsers_total`]
    return /^(spoor_|process_)/.test(id)
      ? [
          `${who} cannot have the metric ${id}: names that begin with spoor_ or process_ are Spoor's. Rename it`
        ]
      : []
  })
]

/** What two actors both claim. */
const sharedBy = (one: Claims, other: Claims): ReadonlyArray<string> => [
  ...(one.name === other.name ? [`${one.who} has the name of ${other.who}: rename it`] : []),
  ...subjectCollisions(one, other),
  ...(one.group !== undefined && other.group !== undefined && sameGroup(one.group, other.group)
    ? [
        `${one.who} reads the log in the group ${groupText(one.group)} of ${other.who}, so each would get a part of the records: give records its own name, records("${one.name}", …)`
      ]
    : []),
  ...settingCollisions(one, other.settings, other.who),
  ...one.metrics.flatMap((metric) => {
    const same = other.metrics.find(({ id }) => id === metric.id)
    return same === undefined || (same.type === metric.type && same.description === metric.description)
      ? []
      : [`${one.who} has the metric ${metric.id} of ${other.who} with another type or description: rename it`]
  })
]

/** A setting may be declared twice, if both mean the same. */
const settingCollisions = (
  { who, settings }: Claims,
  others: ReadonlyArray<DeclaredSetting>,
  whose: string
): ReadonlyArray<string> =>
  settings.flatMap((setting) => {
    const same = others.find(({ name }) => name === setting.name)
    if (same === undefined || meaning(same) === meaning(setting)) return []
    return [
      `${who} has the setting ${setting.name} (${meaning(setting)}), which ${whose} has too (${meaning(same)}): rename it`
    ]
  })

const meaning = ({ form = "text", standard, secret }: DeclaredSetting): string =>
  [secret ? "secret" : form, standard === "" ? "no default" : `default ${standard}`].join(", ")

/** The first subject that both serve, in whichever group: each request would have two answers, or one of the wrong actor. */
const subjectCollisions = (one: Claims, other: Claims): ReadonlyArray<string> => {
  const [theirs, others] = [subjectsOf(one.serves), subjectsOf(other.serves)]
  for (const subject of theirs) {
    const taken = others.find((it) => overlap(subject, it))
    if (taken === undefined) continue
    return [
      `${one.who} serves ${subject} (group ${one.serves?.queue}), which ${other.who} serves (${taken}, group ${other.serves?.queue}): choose another subject`
    ]
  }
  return []
}

const subjectsOf = (serves: Served | undefined): ReadonlyArray<string> =>
  serves === undefined ? [] : [serves.subject, ...(serves.newer ?? [])]

/** Whether one pattern, read as a subject, matches the other: a subject could then match both. */
const overlap = (one: string, other: string): boolean => matcher(one)(other) || matcher(other)(one)

const sameGroup = (one: ReaderGroup, other: ReaderGroup): boolean =>
  one.name === other.name ||
  (one.isPrefix && other.name.startsWith(one.name)) ||
  (other.isPrefix && one.name.startsWith(other.name))

const groupText = ({ name, isPrefix }: ReaderGroup): string => (isPrefix ? `${name}…` : name)
