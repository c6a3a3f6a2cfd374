/**
 * A real browser for tests: Chromium, driven by playwright-core. One is started for each suite and ends with it. What
 * no page of ours may ever do fails the test that opened it: log an error, break its own security policy, open a
 * dialog, ask a host other than its own.
 */

import { afterAll, beforeAll, describe, test } from "bun:test"
import { existsSync, mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { delimiter, join } from "node:path"
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core"
import { isMissing } from "./missing.ts"

const names = ["chromium", "chromium-browser", "google-chrome"]

const inPath = (name: string): string | undefined =>
  (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((file) => existsSync(file))

/** The browser in CHROMIUM or in the PATH. Where there is none, a person is told in one line; with CI=true that fails. */
export const chromiumProgram = (): string | undefined => {
  const named = process.env.CHROMIUM
  if (named !== undefined && named !== "") return named
  const found = names.map(inPath).find((file) => file !== undefined)
  if (found !== undefined) return found
  return isMissing(
    "A browser is missing, so its suites cannot run. Install the package chromium or set CHROMIUM."
  )
}

/** Starts it without a window; it can reach nothing but this machine. */
export const startBrowser = (program: string): Promise<Browser> =>
  chromium.launch({
    executablePath: program,
    chromiumSandbox: false,
    args: ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"]
  })

/** How a page is looked at, unless said otherwise: a clock far from that of any machine that tests. */
const standard = {
  viewport: { width: 1280, height: 800 },
  locale: "en-GB",
  timezoneId: "Asia/Kolkata",
  reducedMotion: "reduce"
} as const

export interface Session {
  /** Opens the page at that address, as a person of their own would (nothing is shared but the viewer). */
  readonly open: (address: URL | string, options?: BrowserContextOptions) => Promise<Page>
  /** Complaints that match are meant to be: a connection that is cut says so. */
  readonly forgive: (complaint: RegExp) => void
}

/** Names one test of the suite and what it does. */
export type Check = (what: string, body: (session: Session) => Promise<void>) => void

/** A suite in a browser; left out where there is none. */
export const inBrowser = (title: string, suite: (check: Check) => void): void => {
  const program = chromiumProgram()
  describe.skipIf(program === undefined)(title, () => {
    let browser: Browser | undefined
    beforeAll(async () => {
      browser = await startBrowser(program ?? "")
    }, 60_000)
    afterAll(() => browser?.close())

    suite((what, body) =>
      test(what, async () => {
        if (browser === undefined) throw new Error("The browser has not started.")
        await watched(browser, body)
      }, 60_000)
    )
  })
}

/** Runs a test, closes what it opened, and fails with a picture when it failed, or with what its pages complained of. */
export const watched = async (browser: Browser, body: (session: Session) => Promise<void>): Promise<void> => {
  const pages: Array<Page> = []
  const complaints: Array<string> = []
  const forgiven: Array<RegExp> = []
  const open: Session["open"] = async (address, options = {}) => {
    const context = await browser.newContext({ ...standard, ...options })
    context.setDefaultTimeout(20_000)
    const page = await context.newPage()
    pages.push(page)
    listen(page, new URL(address), (complaint) => complaints.push(complaint))
    await page.goto(String(address))
    return page
  }
  try {
    await body({ open, forgive: (complaint) => forgiven.push(complaint) })
  } catch (error) {
    throw new Error(`${String(error)}\n${await pictures(pages)}\n${complaints.join("\n")}`, { cause: error })
  } finally {
    await Promise.all(pages.map((page) => page.context().close()))
  }
  const held = complaints.filter((one) => !forgiven.some((pattern) => pattern.test(one)))
  if (held.length > 0) throw new Error(`A page complains:\n${held.join("\n")}`)
}

const pictures = async (pages: ReadonlyArray<Page>): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-browser-"))
  const taken = await Promise.allSettled(
    pages.map((page, n) => page.screenshot({ path: join(folder, `${n}.png`), timeout: 5_000 }))
  )
  return `${taken.length} pictures in ${folder}`
}

/** Tells all that a page does and must not; what its security policy forbids, Chromium itself logs as an error. */
const listen = (page: Page, { host }: URL, complain: (complaint: string) => void): void => {
  const asks = (address: string): void => {
    const { protocol, host: asked } = new URL(address)
    if (/^(https?|wss?):$/.test(protocol) && asked !== host) complain(`asks another host: ${address}`)
  }
  page.on("request", (request) => asks(request.url()))
  page.on("websocket", (socket) => asks(socket.url()))
  page.on("pageerror", (error) => complain(`throws: ${error.stack ?? error.message}`))
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      complain(`${message.type()}: ${message.text()} (${message.location().url})`)
  })
  page.on("dialog", (dialog) => {
    complain(`opens a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on("popup", (opened) => complain(`opens a window: ${opened.url()}`))
}
