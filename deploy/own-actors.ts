/** Writes what Spoor's actors claim as their own, by which actors from files are checked without loading all of Spoor's. */
import { settingsOf } from "../actors/commands/help.ts"
import { askViewerSettings } from "../actors/commands/viewer-client.ts"
import type { Actor } from "../actors/runtime/actor.ts"

/** The file, relative to the root. */
export const ownActorsFile = "actors/commands/actor-files/own-actors.json"

/** The content of that file: name, subject and consumer group of each actor, and the meaning of each setting. */
export const ownActorsText = (actors: ReadonlyArray<Actor>): string => {
  const settings = new Map(
    [...actors.flatMap(settingsOf), ...askViewerSettings].map((setting) => [setting.name, setting])
  )
  const content = {
    actors: actors.map(({ name, serves, group }) => ({ name, serves, group })),
    settings: [...settings.values()]
      .map(({ name, standard, secret, form }) => ({ name, standard, secret, form }))
      .toSorted((one, other) => (one.name < other.name ? -1 : 1))
  }
  return `${JSON.stringify(content, undefined, 2)}\n`
}
