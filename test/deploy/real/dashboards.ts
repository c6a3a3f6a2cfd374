/**
 * `bun run deploy-test dashboards`: every query of every dashboard returns data from a real Prometheus that reads a running
 * Spoor; and pictures of the dashboards in deploy/screenshots, drawn from these queries by dashboards/draw.ts, not by Grafana.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Board, Query } from "../../../deploy/grafana/dashboard.ts"
import { boards } from "../../../deploy/grafana/generate.ts"
import { smaller } from "../../screenshots/smaller.ts"
import { chromiumProgram, startBrowser } from "../../support/browser.ts"
import { openWorld, type World } from "./alerts/world.ts"
import { type Drawn, pageOf } from "./dashboards/draw.ts"
import { root } from "./docker.ts"
import type { Check } from "./results.ts"

/** How long events flow before the queries, and what the pictures show, seconds. */
const shown = 90

/** What Grafana puts in the place of its variables. */
const values: Readonly<Record<string, string>> = {
  $__rate_interval: "15s",
  $namespace: ".*",
  $actor: "enricher"
}

export const withoutVariables = (expr: string): string =>
  expr.replaceAll(/\$\w+/g, (variable) => values[variable] ?? variable)

/** The legend with the labels of a line in the place of `{{label}}`. */
const legendOf = ({ legend }: Query, labels: Readonly<Record<string, string>>): string =>
  legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? "")

const readBoard = async ({ prometheus }: World, board: Board) => {
  const empty: Array<string> = []
  const panels: Array<Drawn> = []
  let queries = 0
  for (const panel of board.panels) {
    const lines: Array<Drawn["lines"][number]> = []
    for (const query of panel.queries) {
      queries += 1
      const expr = withoutVariables(query.expr)
      if ((await prometheus.query(expr)).length === 0) empty.push(`${panel.title}: ${query.expr}`)
      for (const { labels, values } of await prometheus.range(expr, shown, 2))
        lines.push({ legend: legendOf(query, labels), values })
    }
    panels.push({ type: panel.type, title: panel.title, options: panel.options, lines })
  }
  return { queries, empty, panels }
}

const draw = async (board: Board, panels: ReadonlyArray<Drawn>): Promise<void> => {
  const program = chromiumProgram()
  if (program === undefined) return
  const browser = await startBrowser(program)
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    await page.setContent(pageOf(`Spoor: ${board.title}`, panels))
    await page.locator("body.drawn").waitFor()
    writeFileSync(
      join(root, "deploy", "screenshots", `dashboard-${board.name}.png`),
      smaller(await page.screenshot({ fullPage: true }))
    )
  } finally {
    await browser.close()
  }
}

/** A check for each dashboard. */
export const dashboards = async (): Promise<ReadonlyArray<Check>> => {
  const world = await openWorld()
  try {
    await world.redis.rpush("click_queue", ...Array.from({ length: 5 }, () => "no event"))
    await new Promise((resolve) => setTimeout(resolve, shown * 1000))
    const checks: Array<Check> = []
    for (const board of boards) {
      const { queries, empty, panels } = await readBoard(world, board)
      await draw(board, panels)
      checks.push({
        name: `dashboard "${board.title}": every query returns data`,
        passed: empty.length === 0,
        proof: empty.length === 0 ? `${queries} queries` : `without data: ${empty.join("; ")}`
      })
    }
    return checks
  } finally {
    await world.close()
  }
}
