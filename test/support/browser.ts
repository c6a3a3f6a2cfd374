/**
 * A real browser for tests: Chromium, driven by playwright-core. Each suite starts one, which is closed after the suite. A
 * test fails when a page it opened logs an error, violates its security policy, opens a dialog or window, or sends a
 * request to another host.
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

/** The browser in CHROMIUM or in the PATH. If it is missing, one line is printed; with CI=true that is an error. */
export const chromiumProgram = (): string | undefined => {
  const named = process.env.CHROMIUM
  if (named !== undefined && named !== "") return named
  const found = names.map(inPath).find((file) => file !== undefined)
  if (found !== undefined) return found
  return isMissing(
    "A browser is missing, so its suites cannot run. Install the package chromium or set CHROMIUM."
  )
}

/** Starts the browser without a window; it can connect to this machine only. */
export const startBrowser = (program: string): Promise<Browser> =>
  chromium.launch({
    executablePath: program,
    chromiumSandbox: false,
    args: ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"]
  })

/** The default options of a page. The time zone differs from that of the machine that runs the tests. */
const standard = {
  viewport: { width: 1280, height: 800 },
  locale: "en-GB",
  timezoneId: "Asia/Kolkata",
  reducedMotion: "reduce"
} as const

export interface Session {
  /** Opens the page at that address in a browser context of its own: no cookies or storage are shared. */
  readonly open: (address: URL | string, options?: BrowserContextOptions) => Promise<Page>
  /** Allows problems that match, such as the error of a connection that the test cuts. */
  readonly forgive: (problem: RegExp) => void
}

/** Declares one test of the suite. */
export type Check = (what: string, body: (session: Session) => Promise<void>) => void

/** Declares a suite in a browser; it is skipped if the browser is missing. */
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
        await withWatchedPages(browser, body)
      }, 60_000)
    )
  })
}

/** Runs a test and closes its pages. Rejects with the test's error and screenshots, or with the problems of its pages. */
export const withWatchedPages = async (
  browser: Browser,
  body: (session: Session) => Promise<void>
): Promise<void> => {
  const pages: Array<Page> = []
  const problems: Array<string> = []
  const allowed: Array<RegExp> = []
  const open: Session["open"] = async (address, options = {}) => {
    const context = await browser.newContext({ ...standard, ...options })
    context.setDefaultTimeout(20_000)
    const page = await context.newPage()
    pages.push(page)
    watch(page, new URL(address), (problem) => problems.push(problem))
    await page.goto(String(address))
    return page
  }
  try {
    await body({ open, forgive: (problem) => allowed.push(problem) })
  } catch (error) {
    throw new Error(`${String(error)}\n${await screenshots(pages)}\n${problems.join("\n")}`, { cause: error })
  } finally {
    await Promise.all(pages.map((page) => page.context().close()))
  }
  const unexpected = problems.filter((one) => !allowed.some((pattern) => pattern.test(one)))
  if (unexpected.length > 0) throw new Error(`A page has problems:\n${unexpected.join("\n")}`)
}

const screenshots = async (pages: ReadonlyArray<Page>): Promise<string> => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-browser-"))
  const taken = await Promise.allSettled(
    pages.map((page, n) => page.screenshot({ path: join(folder, `${n}.png`), timeout: 5_000 }))
  )
  return `${taken.length} screenshots in ${folder}`
}

/** Reports the problems of a page. Chromium logs violations of the security policy as errors. */
const watch = (page: Page, { host }: URL, report: (problem: string) => void): void => {
  const checkHost = (address: string): void => {
    const { protocol, host: requested } = new URL(address)
    if (/^(https?|wss?):$/.test(protocol) && requested !== host) report(`requests another host: ${address}`)
  }
  page.on("request", (request) => checkHost(request.url()))
  page.on("websocket", (socket) => checkHost(socket.url()))
  page.on("pageerror", (error) => report(`throws: ${error.stack ?? error.message}`))
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      report(`${message.type()}: ${message.text()} (${message.location().url})`)
  })
  page.on("dialog", (dialog) => {
    report(`opens a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on("popup", (opened) => report(`opens a window: ${opened.url()}`))
}
