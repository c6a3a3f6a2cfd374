/** The checks of pages: a page with a problem fails the test that opened it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import type { Browser } from "playwright-core"
import { chromiumProgram, startBrowser, withWatchedPages } from "./browser.ts"

const problems = {
  "an error that is logged": `<script>console.error("oh")</script>`,
  "an error that is thrown": `<script>throw new Error("oh")</script>`,
  "a dialog": "<script>alert(1)</script>",
  "a request to another host": `<img src="http://example.org/picture.png">`,
  "a style that the policy forbids": `<meta http-equiv="content-security-policy" content="style-src 'self'"><p style="color: red">`
}

const program = chromiumProgram()
describe.skipIf(program === undefined)("a page with", () => {
  let server: Server
  let browser: Browser
  beforeAll(async () => {
    server = createServer((request, response) => {
      const path = decodeURIComponent(request.url ?? "/").slice(1)
      const problem = Object.entries(problems).find(([name]) => name === path)?.[1] ?? ""
      response.setHeader("content-type", "text/html")
      response.end(`<!doctype html><title>page</title><link rel="icon" href="data:,">${problem}`)
    }).listen(0, "127.0.0.1")
    browser = await startBrowser(program ?? "")
  }, 60_000)
  afterAll(async () => {
    server.close()
    await browser.close()
  })

  const visit = (path: string): Promise<void> =>
    withWatchedPages(browser, async ({ open }) => {
      const { port } = server.address() as AddressInfo
      const page = await open(`http://127.0.0.1:${port}/${path}`)
      await page.evaluate(() => new Promise(requestAnimationFrame))
    })

  test("no problem does not fail", () => visit("plain"), 60_000)
  for (const name of Object.keys(problems))
    test(`${name} fails its test`, async () => {
      // NOTE: `expect(…).rejects` blocks the event loop while it waits, so that a browser takes seconds.
      const why = await visit(encodeURIComponent(name)).then(() => "nothing", String)
      expect(why).toContain("A page has problems")
    }, 60_000)
})
