/** The table of metrics in deploy/README.md: every series with its kind and description, as the sources declare them. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const declared = /Metric\.(counter|gauge|histogram)\("(spoor_\w+)",\s*\{\s*description:\s*"([^"]+)"/g

export interface Series {
  readonly name: string
  readonly kind: string
  readonly description: string
}

/** Every series, ordered by name. */
export const allSeries = (): ReadonlyArray<Series> =>
  ["actors", "bridge", "gateway"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .flatMap((name) => [...readFileSync(join(root, folder, name), "utf8").matchAll(declared)])
    )
    .map(([, kind = "", name = "", description = ""]) => ({ name, kind, description }))
    .sort((a, b) => a.name.localeCompare(b.name))

export const seriesTable = (): string =>
  [
    "| series | kind | meaning |",
    "| --- | --- | --- |",
    ...allSeries().map(({ name, kind, description }) => `| \`${name}\` | ${kind} | ${description} |`)
  ].join("\n")
