/**
 * The table of the settings that only an edge has, in gateway/README.md; a test compares them. Run it to print the table:
 * `bun deploy/edge/settings-table.ts`.
 */

import { edgeCentre, edgeSecret } from "../../gateway/edge/settings.ts"
import { edgeOnlySettings } from "../../gateway/edge-runtime/settings.ts"

/** Its rows, in the order in which a user sets them. */
export const edgeSettingsTable = (): string =>
  [edgeCentre, edgeSecret, ...Object.values(edgeOnlySettings)]
    .map(
      ({ name, standard, sentence }) =>
        `| \`${name}\` | ${standard === "" ? "" : `\`${standard}\``} | ${sentence} |`
    )
    .join("\n")

if (import.meta.main) process.stdout.write(`${edgeSettingsTable()}\n`)
