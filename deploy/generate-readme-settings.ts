/**
 * Writes the tables that are generated from the code into the README files that contain their markers, such as
 * `<!-- settings -->` … `<!-- /settings -->`: `bun deploy/generate-readme-settings.ts`. A test checks that they are current.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { loadActors } from "../actors/all.ts"
import { actorTable, settingsTable } from "../actors/commands/help.ts"
import { describedErrors } from "../gateway/openapi/errors.ts"
import { runsTable } from "../test/deploy/real/results.ts"
import { readmes, root } from "./documents.ts"
import { ownActorsFile, ownActorsText } from "./own-actors.ts"
import { seriesTable } from "./series-table.ts"
import { settingNamesFile, settingNamesText } from "./setting-names.ts"

const actors = await loadActors()

const errorTable = (): string =>
  [
    "| status | code | when | send the same again? |",
    "| --- | --- | --- | --- |",
    ...describedErrors.map(
      ({ status, code, description, isRetried }) =>
        `| ${status} | \`${code}\` | ${description} | ${isRetried ? "yes, after `Retry-After`" : "no"} |`
    )
  ].join("\n")

const tables: Readonly<Record<string, string>> = {
  actors: actorTable(actors),
  settings: settingsTable(actors),
  errors: errorTable(),
  series: seriesTable(),
  "deploy-test": runsTable()
}

/** The opening marker of each generated table. */
export const tableMarkers: ReadonlyArray<string> = Object.keys(tables).map((name) => `<!-- ${name} -->`)

/** The text with its tables generated again; a text without markers is unchanged. Throws for an opening marker without a closing one. */
export const withGeneratedTables = (text: string): string =>
  Object.entries(tables).reduce((before, [name, table]) => {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
    const [from, to] = [before.indexOf(begin), before.indexOf(end)]
    if (from === -1) return before
    if (to < from) throw new Error(`${begin} has no closing marker: add ${end} after it.`)
    return `${before.slice(0, from + begin.length)}\n${table}\n${before.slice(to)}`
  }, text)

/** The content of the generated list of setting names. */
export const settingNames = settingNamesText(actors)

/** The content of the generated list of what Spoor's actors claim. */
export const ownActors = ownActorsText(actors)

if (import.meta.main) {
  writeFileSync(join(root, settingNamesFile), settingNames)
  writeFileSync(join(root, ownActorsFile), ownActors)
  for (const { path, text } of readmes()) {
    const current = withGeneratedTables(text)
    if (current !== text) writeFileSync(join(root, path), current)
  }
}
