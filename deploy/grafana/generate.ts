/**
 * Writes deploy/grafana/dashboards/*.json from the boards beside it: `bun run dashboards`. A test checks that they are
 * current. `npm run kubernetes-render` copies them into the Helm chart.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { actor } from "./boards/actor.ts"
import { consumers } from "./boards/consumers.ts"
import { dependencies } from "./boards/dependencies.ts"
import { gateway } from "./boards/gateway.ts"
import { overview } from "./boards/overview.ts"
import { pipeline } from "./boards/pipeline.ts"
import { reactions } from "./boards/reactions.ts"
import { type Board, dashboardJson } from "./dashboard.ts"

export const boards: ReadonlyArray<Board> = [
  overview,
  gateway,
  pipeline,
  consumers,
  reactions,
  dependencies,
  actor
]

export const dashboardFolder = join(import.meta.dirname, "dashboards")

/** The files, by name. */
export const dashboardFiles = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    boards.map((board) => [
      `spoor-${board.name}.json`,
      `${JSON.stringify(dashboardJson(board), undefined, 2)}\n`
    ])
  )

if (import.meta.main) {
  rmSync(dashboardFolder, { recursive: true, force: true })
  mkdirSync(dashboardFolder, { recursive: true })
  for (const [name, text] of Object.entries(dashboardFiles()))
    writeFileSync(join(dashboardFolder, name), text)
}
