/** Writes the list of all settings' names, by which a start finds misspelled variables without loading every actor. */

import { settingsOf } from "../actors/commands/help.ts"
import { askViewerSettings } from "../actors/commands/viewer-client.ts"
import type { Actor } from "../actors/runtime/actor.ts"

/** The file, relative to the root. */
export const settingNamesFile = "actors/runtime/setting-names.ts"

/** The content of that file. */
export const settingNamesText = (actors: ReadonlyArray<Actor>): string => {
  const settings = [...actors.flatMap(settingsOf), ...askViewerSettings]
  const names = [...new Set(settings.map(({ name }) => name))].toSorted()
  return `/** The names of all settings of all actors and commands. Generated: bun deploy/generate-readme-settings.ts. */
export const settingNames: ReadonlyArray<string> = [
${names.map((name) => `  "${name}"`).join(",\n")}
]
`
}
