/**
 * The files of the pages, with the types of their scripts stripped, and of the chart library: read when the viewer
 * starts, served under fixed names.
 */
import { readFileSync } from "node:fs"
import { packageFile, sourceFolder } from "../../../bridge/bundled-files.ts"

const { stripTypes } = await ("Deno" in globalThis
  ? import("./strip-types.deno.ts")
  : import("./strip-types.bun.ts"))

const contentTypes = { html: "text/html", css: "text/css", js: "text/javascript" } as const

const folder = sourceFolder("pages", import.meta.dirname)

const read = (name: string): string => readFileSync(folder.path(name), "utf8")

const file = (body: string, type: keyof typeof contentTypes) => ({
  body,
  headers: { "content-type": `${contentTypes[type]}; charset=utf-8`, "cache-control": "no-cache" }
})

export type PageFile = ReturnType<typeof file>

/** The page `<name>.html` in the frame that all pages share, with the script `<name>.ts` and further styles. */
const page = (name: string, title: string, ...styles: ReadonlyArray<string>): PageFile => {
  const links = styles.map((style) => `<link rel="stylesheet" href="/page/${style}">`).join("\n    ")
  const parts: Readonly<Record<string, string>> = { title, links, name, main: read(`${name}.html`) }
  const whole = read("frame.html").replaceAll(/\{\{(\w+)\}\}/g, (_, part: string) => parts[part] ?? "")
  return file(whole, "html")
}

/** uPlot from its package. Its style sheet has no licence notice, so the notice of its script is prepended. */
const chartFiles = (): ReadonlyArray<readonly [string, PageFile]> => {
  const script = readFileSync(packageFile("uplot/dist/uPlot.esm.js"), "utf8")
  const styles = readFileSync(packageFile("uplot/dist/uPlot.min.css"), "utf8")
  const licence = script.slice(0, script.indexOf("*/") + 2)
  return [
    ["/page/lib/uplot.js", file(script, "js")],
    ["/page/lib/uplot.css", file(`${licence}\n${styles}`, "css")]
  ]
}

/** Files of this folder that run in the viewer, not in the browser. */
const serverFiles = /^(static-files|strip-types\.\w+)\.ts$/

/** A script for the browser; the chart library is the only package that scripts import. */
const script = (name: string): PageFile =>
  file(stripTypes(read(name)).replace(/(?<=from )"uplot"/, '"./lib/uplot.js"'), "js")

const scriptsAndStyles = (): ReadonlyArray<readonly [string, PageFile]> =>
  folder.names.flatMap((name): ReadonlyArray<readonly [string, PageFile]> => {
    if (name.endsWith(".css")) return [[`/page/${name}`, file(read(name), "css")]]
    return name.endsWith(".ts") && !serverFiles.test(name) ? [[`/page/${name}`, script(name)]] : []
  })

/** The page of a counter, the same for all counters: its script reads the address. */
export const counterPage = (): PageFile =>
  page("counter", "Numbers", "lib/uplot.css", "confirm.css", "counter.css")

/** The page for addresses that do not exist. */
export const missingPage = (): PageFile => page("missing", "Page not found")

const eventStyles = [
  "events",
  "event-list",
  "events-narrow",
  "event-details",
  "event-timeline",
  "test-event"
].map((name) => `${name}.css`)

const deadLetterStyles = ["ledger-and-dead-letters.css", "confirm.css"]

const reactionStyles = [
  "ledger-and-dead-letters.css",
  "confirm.css",
  "totals.css",
  "reactions.css",
  "reactions-narrow.css"
]

/** Each file by the path it is served at. */
export const pageFiles = (): ReadonlyMap<string, PageFile> => {
  const events = page("events", "Events", ...eventStyles)
  return new Map([
    ["/", page("overview", "Overview", "totals.css", "overview.css", "flow.css")],
    ["/events", events],
    ["/kafidx", events],
    ["/counters", counterPage()],
    ["/ledger", page("ledger", "Ledger", "ledger-and-dead-letters.css", "ledger.css")],
    ["/reactions", page("reactions", "Reactions", ...reactionStyles)],
    ["/push", page("push", "Messages", "push.css")],
    ["/dead-letters", page("dead-letters", "Dead letters", ...deadLetterStyles, "dead-letters.css")],
    ["/dead-letters/letter", page("dead-letter", "Dead letter", ...deadLetterStyles)],
    ...chartFiles(),
    ...scriptsAndStyles()
  ])
}
