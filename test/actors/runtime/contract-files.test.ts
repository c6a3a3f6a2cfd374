/** The description of the messages is served below /contracts, on OPS_PORT of every process and by the viewer. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { allMessages, schemaPath } from "../../../contracts/messages/all-messages.ts"
import { ownSettings, type Spoor, startSpoor } from "../../support/spoor.ts"

let spoor: Spoor
beforeAll(async () => {
  spoor = await startSpoor(["gateway", "viewer"], ownSettings())
}, 60_000)
afterAll(() => spoor.end("SIGKILL"))

const get = (what: string, path: string, headers: Record<string, string> = {}) =>
  fetch(new URL(path, spoor.address(what)), { headers })

for (const what of ["health", "watch them"])
  describe(`the server of "${what}"`, () => {
    test("has the schema of every message and format, at the address that $SRV.INFO names", async () => {
      const paths = allMessages.flatMap(({ name, formats }) =>
        Object.keys(formats).map((format) => schemaPath(name, Number(format)))
      )
      expect(paths.length).toBeGreaterThan(20)
      for (const path of paths) {
        const answer = await get(what, path)
        expect([path, answer.status]).toEqual([path, 200])
        expect(answer.headers.get("content-type")).toBe("application/schema+json")
        expect(((await answer.json()) as { readonly $id: string }).$id).toBe(path)
      }
    })

    test("has a page, the AsyncAPI document and types", async () => {
      const types = {
        "/contracts": "text/html; charset=utf-8",
        "/contracts/": "text/html; charset=utf-8",
        "/contracts/page.css": "text/css; charset=utf-8",
        "/contracts/asyncapi.json": "application/json",
        "/contracts/messages.ts": "text/plain; charset=utf-8",
        "/contracts/messages.py": "text/plain; charset=utf-8",
        "/contracts/messages.go": "text/plain; charset=utf-8"
      }
      for (const [path, type] of Object.entries(types)) {
        const answer = await get(what, path)
        expect([path, answer.status, answer.headers.get("content-type")]).toEqual([path, 200, type])
        expect((await answer.text()).length).toBeGreaterThan(500)
      }
    })

    test("sends a file again only when it has changed", async () => {
      const first = await get(what, "/contracts/asyncapi.json")
      const tag = first.headers.get("etag") ?? ""
      expect(first.headers.get("cache-control")).toBe("no-cache")
      const again = await get(what, "/contracts/asyncapi.json", { "if-none-match": `"other", ${tag}` })
      expect([again.status, await again.text()]).toEqual([304, ""])
      const changed = await get(what, "/contracts/asyncapi.json", { "if-none-match": '"other"' })
      expect(changed.status).toBe(200)
    })

    test("has no other files", async () => {
      for (const path of [
        "/contracts/raw-batch.9.json",
        "/contracts/../package.json",
        "/contracts/schemas"
      ]) {
        const { status, headers } = await get(what, path)
        expect([path, status]).toEqual([path, 404])
        expect(headers.get("content-type")).toContain("application/json")
      }
    })
  })
