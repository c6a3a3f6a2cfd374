/** The served files of the pages: complete, with the right types, plain JavaScript, and without markup from text. */
import { describe, expect, test } from "bun:test"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import {
  counterPage,
  missingPage,
  type PageFile,
  pageFiles
} from "../../../../actors/viewer/web/static-files.ts"
import { denoProgram } from "../../../support/deno.ts"
import { ask } from "../requests.ts"

const folder = join(import.meta.dirname, "..", "..", "..", "..", "actors", "viewer", "web")
const sources = readdirSync(folder).map((name) => ({ name, text: readFileSync(join(folder, name), "utf8") }))

const files = pageFiles()
const pages = new Map([
  ...[...files].filter(([path]) => !path.startsWith("/page/")),
  ["/counters/event-counter", counterPage()] as const,
  ["/nosuch", missingPage()] as const
])

const parser = new Bun.Transpiler({ loader: "js" })
const importsOf = (script: string): ReadonlyArray<string> =>
  parser.scanImports(script).map(({ path }) => path)

/** The scripts and styles of a page, and all that its scripts import, by path; undefined for a missing file. */
const loadedBy = (html: string): ReadonlyMap<string, PageFile | undefined> => {
  const open = [...html.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)].map(([, path = ""]) => path)
  const loaded = new Map<string, PageFile | undefined>()
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (loaded.has(path)) continue
    const file = files.get(path)
    loaded.set(path, file)
    if (file === undefined || path.endsWith(".css")) continue
    const base = new URL(path, "http://viewer")
    for (const specifier of importsOf(file.body)) open.push(new URL(specifier, base).pathname)
  }
  return loaded
}

describe("the files of the pages", () => {
  test("all that the pages load is served, under the right types", () => {
    expect(pages.size).toBe(11)
    for (const [page, { body }] of pages) {
      const loaded = loadedBy(body)
      expect(loaded.size).toBeGreaterThanOrEqual(7)
      for (const [path, file] of loaded) {
        const type = path.endsWith(".css") ? "text/css; charset=utf-8" : "text/javascript; charset=utf-8"
        expect([page, path, file?.headers["content-type"]]).toEqual([page, path, type])
      }
    }
  })

  test("a script is served with its type, which browsers must not guess", async () => {
    const { status, headers } = await ask("/page/events.ts")
    expect([status, headers.get("content-type"), headers.get("x-content-type-options")]).toEqual([
      200,
      "text/javascript; charset=utf-8",
      "nosniff"
    ])
  })

  test("scripts are served without types, and import nothing of the server", () => {
    const scripts = [...files].filter(([path]) => path.endsWith(".ts"))
    expect(scripts.length).toBeGreaterThan(40)
    for (const [path, { body }] of scripts) {
      expect(() => parser.transformSync(body), path).not.toThrow()
      expect(importsOf(body).filter((specifier) => !specifier.startsWith("./"))).toEqual([])
    }
  })

  test("files of the server are not served", async () => {
    for (const name of ["static-files.ts", "strip-types.bun.ts", "strip-types.deno.ts", "frame.html"])
      expect((await ask(`/page/${name}`)).status).toBe(404)
  })

  test("no file inserts text as markup, evaluates code or names another host", () => {
    for (const { text } of sources) {
      expect(text).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|https?:\/\//
      )
      expect(text).not.toMatch(/<script(?![^>]*src=)|\son[a-z]+=|style=/)
    }
  })

  const deno = denoProgram()
  test.skipIf(deno === undefined)("Deno serves the same scripts", () => {
    const script = `const { pageFiles } = await import("./actors/viewer/web/static-files.ts")
      console.log(JSON.stringify([...pageFiles()].map(([path, { body }]) => [path, body])))`
    const { stdout } = Bun.spawnSync([deno ?? "", "eval", script], { cwd: join(folder, "..", "..", "..") })
    const onDeno = new Map<string, string>(JSON.parse(stdout.toString()))
    const minified = new Bun.Transpiler({ loader: "js", minifyWhitespace: true })
    const plain = (text: string): string => minified.transformSync(text)
    for (const [path, { body }] of files)
      if (path.endsWith(".ts")) expect([path, plain(onDeno.get(path) ?? "")]).toEqual([path, plain(body)])
  })
})
