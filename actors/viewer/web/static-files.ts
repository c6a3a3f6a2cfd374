/** The files of the pages, as they lie in page/ and in the package of the charts: read once, served under fixed names. */
import { readdirSync, readFileSync } from "node:fs"
import { createRequire } from "node:module"
import { join } from "node:path"

const types = { html: "text/html", css: "text/css", js: "text/javascript" } as const

const folder = import.meta.dirname

const read = (name: string): string => readFileSync(join(folder, name), "utf8")

const file = (body: string, type: keyof typeof types) => ({
  body,
  headers: { "content-type": `${types[type]}; charset=utf-8`, "cache-control": "no-cache" }
})

export type PageFile = ReturnType<typeof file>

/** The page of that name, `<name>.html` in the frame that all pages share, run by `<name>.js`, with more styles. */
const page = (name: string, title: string, ...styles: ReadonlyArray<string>): PageFile => {
  const links = styles.map((style) => `<link rel="stylesheet" href="/page/${style}">`).join("\n    ")
  const parts: Readonly<Record<string, string>> = { title, links, name, main: read(`${name}.html`) }
  const whole = read("frame.html").replaceAll(/\{\{(\w+)\}\}/g, (_, part: string) => parts[part] ?? "")
  return file(whole, "html")
}

/** uPlot as its package has it; its style sheet says nothing of its licence, so the head of its script is put before. */
const chartFiles = (): ReadonlyArray<readonly [string, PageFile]> => {
  const { resolve } = createRequire(import.meta.url)
  const script = readFileSync(resolve("uplot/dist/uPlot.esm.js"), "utf8")
  const styles = readFileSync(resolve("uplot/dist/uPlot.min.css"), "utf8")
  const licence = script.slice(0, script.indexOf("*/") + 2)
  return [
    ["/page/lib/uplot.js", file(script, "js")],
    ["/page/lib/uplot.css", file(`${licence}\n${styles}`, "css")]
  ]
}

const counts = (): PageFile => page("counter", "Numbers", "lib/uplot.css", "confirm.css", "counter.css")

const eventStyles = ["events", "event-list", "events-narrow", "event-details", "journey", "test-event"].map(
  (name) => `${name}.css`
)

/** Each file under the path it is served at. */
export const pageFiles = (): ReadonlyMap<string, PageFile> => {
  const events = page("events", "Events", ...eventStyles)
  const parts = readdirSync(folder).flatMap((name): ReadonlyArray<readonly [string, PageFile]> => {
    const type = name.endsWith(".css") ? "css" : name.endsWith(".js") ? "js" : undefined
    return type === undefined ? [] : [[`/page/${name}`, file(read(name), type)]]
  })
  return new Map([
    ["/", page("overview", "Overview", "overview.css", "flow.css")],
    ["/events", events],
    ["/kafidx", events],
    ["/counters", counts()],
    ["/ledger", page("ledger", "Ledger", "accounts.css", "ledger.css")],
    [
      "/dead-letters",
      page("dead-letters", "Dead letters", "accounts.css", "confirm.css", "dead-letters.css")
    ],
    ["/dead-letters/letter", page("dead-letter", "Dead letter", "accounts.css", "confirm.css")],
    ...chartFiles(),
    ...parts
  ])
}

/** The page for addresses at which nothing stands. */
export const missingPage = (): PageFile => page("missing", "No such page")

/** The page of a counter, the same for all: it reads its own address. */
export const counterPage = counts
