/** Writes the parts of README.md that are made from the code: `bun deploy/readme.ts`. A test checks that they are current. */
import { readFileSync, writeFileSync } from "node:fs"
import { loadActors } from "../actors/all.ts"
import { actorTable, settingsTable } from "../actors/commands/help.ts"
import { describedErrors } from "../gateway/openapi/errors.ts"
import { seriesTable } from "./series-table.ts"

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

/** The README with its generated parts made anew. */
export const withGeneratedParts = (readme: string): string =>
  Object.entries({
    actors: actorTable(actors),
    settings: settingsTable(actors),
    errors: errorTable(),
    series: seriesTable()
  }).reduce((text, [name, part]) => {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`]
    const [before = "", rest = ""] = text.split(begin)
    return `${before}${begin}\n${part}\n${end}${rest.split(end)[1] ?? ""}`
  }, readme)

if (import.meta.main) {
  const path = new URL("../README.md", import.meta.url)
  writeFileSync(path, withGeneratedParts(readFileSync(path, "utf8")))
}
