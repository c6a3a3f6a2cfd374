/** The output made from results: Markdown, the section of test/README.md, plots. */
import { describe, expect, test } from "bun:test"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { linear, logarithmic, logarithmicAt } from "./axis.ts"
import { section, withSection } from "./report.ts"
import { figure, keepResult, markdown, type Plot, type Result, readResults, spread } from "./result.ts"
import { svg } from "./svg.ts"

const plot: Plot = {
  file: "one",
  title: "Fast & <slow>",
  x: "events a second",
  y: "ms",
  logarithmic: ["x"],
  lines: [
    {
      name: "p50",
      points: [
        [100, 1],
        [1_000, 2],
        [5_000, 4]
      ]
    },
    {
      name: "p99",
      points: [
        [100, 10],
        [1_000, 20],
        [5_000, 40]
      ]
    }
  ]
}

const result = (name: string, more: Partial<Result> = {}): Result => ({
  name,
  command: `bun run bench ${name}`,
  at: "2026-11-21T04:00:00.000Z",
  machine: "2 cores",
  table: { columns: ["way", "events/s"], rows: [["one", "1,000"]] },
  targets: [{ what: "speed", must: "≥ 1", got: "2", met: true }],
  ...more
})

const twoResults = {
  scale: result("scale", { plots: [plot], notes: ["A note."] }),
  gateway: result("gateway", { targets: [{ what: "ratio", must: "≥ 0.75", got: "0.50", met: false }] })
}

describe("results", () => {
  test("figures have separators and a fixed number of digits", () => {
    expect([figure(52_300.4), figure(0.814, 2)]).toEqual(["52,300", "0.81"])
    expect(spread({ median: 0.81, min: 0.7, max: 1 })).toBe("0.81 (0.70–1.00)")
  })

  test("a table is written as Markdown", () => {
    expect(markdown({ columns: ["a", "b"], rows: [["1", "2"]] })).toBe("| a | b |\n| --- | --- |\n| 1 | 2 |")
  })

  test("the last run of each benchmark is kept", () => {
    const folder = mkdtempSync(join(tmpdir(), "spoor-results-"))
    const file = join(folder, "results.json")
    expect(readResults(file)).toEqual({})
    for (const one of [result("b"), result("a"), result("b", { machine: "4 cores" })]) keepResult(one, file)
    expect(readResults(file)).toEqual({ a: result("a"), b: result("b", { machine: "4 cores" }) })
    rmSync(folder, { recursive: true })
  })
})

describe("the section of test/README.md", () => {
  test("has a row per target with the measured value, whether it is reached, command and date", () => {
    const text = section(twoResults)
    expect(text).toContain("Measured on 2 cores. 1 of 2 targets are reached.")
    const rows = text.split("\n").filter((line) => line.startsWith("| `"))
    expect(rows).toEqual([
      "| `gateway` | ratio | ≥ 0.75 | 0.50 | **no** | `bun run bench gateway` | 2026-11-21 |",
      "| `scale` | speed | ≥ 1 | 2 | yes | `bun run bench scale` | 2026-11-21 |"
    ])
  })

  test("names the machine in each row if there were several", () => {
    const text = section({ ...twoResults, gateway: result("gateway", { machine: "4 cores" }) })
    expect(text).not.toContain("Measured on")
    expect(text).toContain("| `bun run bench gateway` | 2026-11-21 | 4 cores |")
  })

  test("shows the plots, and the tables in collapsed sections", () => {
    const text = section(twoResults)
    expect(text).toContain("![Fast & <slow>](bench/plots/one.svg)")
    expect(text).toContain("<details><summary><code>scale</code></summary>\n\n| way | events/s |")
    expect(text).toContain("A note.\n\n</details>")
  })

  test("is between its markers, and nothing else is changed", () => {
    const readme = "before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n"
    expect(withSection(readme, "new")).toBe("before\n<!-- bench -->\nnew\n<!-- /bench -->\nafter\n")
    expect(() => withSection("no markers", "new")).toThrow("no <!-- bench -->")
  })
})

describe("plots", () => {
  test("a linear axis begins at 0 and ends at a round number above the largest value", () => {
    const { place, ticks } = linear([3, 180])
    expect(ticks).toEqual([0, 50, 100, 150, 200])
    expect([place(0), place(100), place(200)]).toEqual([0, 0.5, 1])
    expect(linear([]).ticks.length).toBeGreaterThan(1)
  })

  test("a logarithmic axis has the same distance for the same factor, between round numbers", () => {
    const { place, ticks } = logarithmic([0.3, 17])
    expect(ticks).toEqual([0.2, 0.5, 1, 2, 5, 10, 20])
    expect(place(2) - place(1)).toBeCloseTo(place(20) - place(10))
    expect(logarithmicAt([5_000, 100, 1_000, 100]).ticks).toEqual([100, 1_000, 5_000])
  })

  test("a plot is one SVG with colours for light and dark pages and escaped text", () => {
    const text = svg(plot)
    expect(text).toStartWith("<svg ")
    expect(text).toContain("Fast &amp; &lt;slow&gt;")
    expect(text).toContain("@media (prefers-color-scheme: dark)")
    expect(text.match(/<text[^>]* fill=/g)).toBeNull()
    expect(text.match(/<circle /g)).toHaveLength(6)
    for (const name of ["p50", "p99", "events a second", "5,000"]) expect(text).toContain(`>${name}</text>`)
    expect(text).not.toContain("NaN")
  })

  test("a plot has all points inside its frame", () => {
    const ends = [...svg(plot).matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => [
      Number(x),
      Number(y)
    ])
    for (const [x = 0, y = 0] of ends) {
      expect(x).toBeWithin(76, 581)
      expect(y).toBeWithin(44, 325)
    }
  })
})
