/**
 * The alerts: promtool finds nothing in them and runs test/deploy/alerts (each alert fires and clears); each has a severity, a
 * summary and a paragraph in the runbook, and each paragraph an alert; the commands of the runbook exist; and alerts and
 * dashboards read only series that there are. `bun run deploy-test alerts` causes each alert on real servers.
 */
import { describe, expect, test } from "bun:test"
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { boards, dashboardFiles, dashboardFolder } from "../../deploy/grafana/generate.ts"
import { rules, rulesFile, seriesIn } from "../../deploy/prometheus/rules.ts"
import { promtool, runPromtool } from "../support/promtool.ts"

const folder = join(import.meta.dirname, "alerts")
const deploy = join(import.meta.dirname, "..", "..", "deploy")
const runbook = readFileSync(join(deploy, "runbook.md"), "utf8")

const all = rules()
const alerts = all.filter(({ alert }) => alert !== undefined)
const names = alerts.map(({ alert = "" }) => alert)

describe.skipIf(promtool() === undefined)("promtool", () => {
  test("finds nothing in alerts.yaml", () => {
    const { code, text } = runPromtool(["check", "rules", "--lint=all", "--lint-fatal", rulesFile])
    expect([code, text]).toEqual([0, expect.stringContaining(`${all.length} rules found`)])
  })

  for (const file of readdirSync(folder))
    test(`runs ${file}`, () => {
      const { code, text } = runPromtool(["test", "rules", join(folder, file)])
      expect([code, text]).toEqual([0, expect.stringContaining("SUCCESS")])
    })
})

/** Every check of an alert in the test files: its name, and whether it fires. */
const checked = readdirSync(folder).flatMap((file) => {
  const { tests } = Bun.YAML.parse(readFileSync(join(folder, file), "utf8")) as {
    readonly tests: ReadonlyArray<{
      readonly alert_rule_test: ReadonlyArray<{ readonly alertname: string; readonly exp_alerts?: object }>
    }>
  }
  return tests.map((one) =>
    one.alert_rule_test.map(({ alertname, exp_alerts }) => ({ alertname, fires: exp_alerts !== undefined }))
  )
})

/** Whether one test sees the alert silent, then firing, then silent again. */
const firesAndClears = (alert: string): boolean =>
  checked.some((one) =>
    /^(false,)+(true,)+(false,?)+$/.test(
      one
        .filter(({ alertname }) => alertname === alert)
        .map(({ fires }) => `${fires},`)
        .join("")
    )
  )

describe("each alert", () => {
  test("has a name of its own, and there are those of the issue", () => {
    expect(new Set(names).size).toBe(names.length)
    expect(names.length).toBeGreaterThan(15)
  })

  for (const { alert = "", labels, annotations = {} } of alerts)
    test(`${alert}: is silent, fires and clears in a test; says who acts, what happens, and where to read on`, () => {
      expect(firesAndClears(alert)).toBe(true)
      expect(["page", "ticket"]).toContain(labels?.severity ?? "none")
      expect(annotations.summary).toMatch(/^[A-Z{].*\.$/)
      expect(annotations.runbook_url).toBe(`deploy/runbook.md#${alert.toLowerCase()}`)
    })
})

describe("the runbook", () => {
  test("has a paragraph for each alert, and none without one", () => {
    const paragraphs = Array.from(runbook.matchAll(/^### (\w+)$/gm), ([, name = ""]) => name)
    expect(paragraphs.toSorted()).toEqual(names.toSorted())
  })

  const parts = runbook.split(/^### /m).slice(1)
  for (const part of parts)
    test(`${part.split("\n")[0]}: says how urgent it is, what to look at, what to do and when it clears`, () => {
      const { labels } = alerts.find(({ alert }) => part.startsWith(`${alert}\n`)) ?? {}
      expect(part.split("\n")[2]).toMatch(labels?.severity === "page" ? /^Page\. / : /^Ticket\. /)
      for (const word of ["**Look", "**Clears**"]) expect(part).toContain(word)
      expect(part).toMatch(/\*\*[Dd]o\b/)
    })

  const commands = new Set(
    Array.from(
      runbook.matchAll(/bun run ([a-z][\w-]*(?:\s+(?:--[\w-]+|<\w+>|[a-z]\w*\b))*)/g),
      ([, words = ""]) => words.replaceAll(/\s+/g, " ")
    )
  )
  test("names commands", () => expect(commands.size).toBeGreaterThan(6))

  for (const words of commands)
    test(`bun run ${words}: the command and its flags exist`, () => {
      const [name = "", next = ""] = words.split(" ")
      const file = join(deploy, "..", "actors", "commands", `${name}.ts`)
      const path = /^[a-z]/.test(next) && /^(dead-letters|ledger)$/.test(name) ? [next] : []
      const help = execFileSync(process.execPath, [file, ...path, "--help"], { encoding: "utf8" })
      for (const flag of words.match(/--[\w-]+/g) ?? []) expect(help).toContain(`  ${flag}`)
    })
})

/** Every metric in the sources: its kind and its name. */
const declared = () =>
  ["actors", "bridge", "gateway"].flatMap((room) =>
    readdirSync(join(deploy, "..", room), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .flatMap((name) => [
        ...readFileSync(join(deploy, "..", room, name), "utf8").matchAll(
          /Metric\.(counter|gauge|histogram)\(\s*"((?:spoor|process)_\w+)"/g
        )
      ])
  )

describe("series", () => {
  const known = new Set([
    ...declared().flatMap(([, kind, name = ""]) =>
      kind === "histogram" ? ["bucket", "sum", "count"].map((end) => `${name}_${end}`) : [name]
    ),
    ...all.flatMap(({ record }) => record ?? [])
  ])
  const queries = boards.flatMap(({ name, variable, panels }) => [
    ...(variable === undefined ? [] : [[`${name}: variable`, variable.values]]),
    ...panels.flatMap(({ title, queries: some }) => some.map(({ expr }) => [`${name}: ${title}`, expr]))
  ])
  const readers = [...all.map(({ alert, record, expr }) => [alert ?? record ?? "", expr]), ...queries]

  test("are found in expressions", () => {
    expect(
      seriesIn('sum(rate(a{x="spoor_no"}[5m])) + topic:spoor_x:rate5m / process_y > spoor_z_total')
    ).toEqual(["topic:spoor_x:rate5m", "process_y", "spoor_z_total"])
  })

  test("that alerts and dashboards read are written by the code", () => {
    const unknown = readers.flatMap(([reader, expr = ""]) =>
      seriesIn(expr)
        .filter((one) => !known.has(one))
        .map((one) => `${reader} → ${one}`)
    )
    expect(unknown).toEqual([])
    expect(readers.length).toBeGreaterThan(80)
  })
})

describe("dashboards", () => {
  test("are those that `bun run dashboards` makes", () => {
    const written = Object.fromEntries(
      readdirSync(dashboardFolder).map((name) => [name, readFileSync(join(dashboardFolder, name), "utf8")])
    )
    expect(written).toEqual(dashboardFiles())
  })

  test("have names of their own, panels within 24 columns that do not overlap, and a sentence for each panel", () => {
    for (const text of Object.values(dashboardFiles())) {
      const { panels, uid } = JSON.parse(text) as {
        readonly uid: string
        readonly panels: ReadonlyArray<{
          readonly type: string
          readonly description?: string
          readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
        }>
      }
      const taken = new Set<string>()
      for (const { gridPos, type, description = "" } of panels) {
        if (type !== "row") expect([uid, description]).toEqual([uid, expect.stringMatching(/^\S.*\.$/)])
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1)
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
            expect(x).toBeLessThan(24)
            expect(taken.has(`${x} ${y}`)).toBe(false)
            taken.add(`${x} ${y}`)
          }
      }
    }
  })
})
