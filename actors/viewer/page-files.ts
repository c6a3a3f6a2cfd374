/** The files of the page, as they lie in page/: read once, served under fixed names. */
import { readFileSync } from "node:fs"
import { join } from "node:path"

const types = { html: "text/html", css: "text/css", js: "text/javascript" } as const

const read = (name: string, type: keyof typeof types) => ({
  body: readFileSync(join(import.meta.dirname, "page", name), "utf8"),
  headers: { "content-type": `${types[type]}; charset=utf-8`, "cache-control": "no-cache" }
})

export type PageFile = ReturnType<typeof read>

/** Each file under the path it is served at. */
export const pageFiles = (): ReadonlyMap<string, PageFile> => {
  const live = read("index.html", "html")
  return new Map([
    ["/", live],
    ["/kafidx", live],
    ["/page/viewer.css", read("viewer.css", "css")],
    ["/page/live.css", read("live.css", "css")],
    ["/page/live.js", read("live.js", "js")],
    ["/page/event-row.js", read("event-row.js", "js")],
    ["/page/counter.js", read("counter.js", "js")],
    ["/page/frame.js", read("frame.js", "js")]
  ])
}

/** The page of a counter, the same for all: it reads its own address. */
export const counterPage = (): PageFile => read("counter.html", "html")
