/** Waits for contents of the pages. */
import { isDeepStrictEqual } from "node:util"
import type { Locator, Page } from "playwright-core"
import { eventually } from "../../../support/eventually.ts"

/** Interval of the checks of a page, long enough for the page's own work, and the timeout; milliseconds. */
const intervalMs = 50
const timeoutMs = 20_000

/** Waits until `look` returns `expected`; fails with the last value. */
export const sees = async <A>(what: string, look: () => Promise<A>, expected: A): Promise<void> => {
  let last: A | undefined
  try {
    const isExpected = async () => {
      last = await look()
      return isDeepStrictEqual(last, expected)
    }
    await eventually(what, isExpected, timeoutMs, intervalMs)
  } catch (cause) {
    throw new Error(`${what}: expected ${JSON.stringify(expected)}, but was ${JSON.stringify(last)}`, {
      cause
    })
  }
}

/** Waits until the visible text matches, and returns it. */
export const reads = (place: Locator, pattern: RegExp): Promise<string> =>
  matches(place, () => place.innerText({ timeout: 1_000 }), pattern)

/** The same for a text that may be visible to screen readers only. */
export const says = (place: Locator, pattern: RegExp): Promise<string> =>
  matches(place, async () => (await place.textContent({ timeout: 1_000 })) ?? "", pattern)

const matches = async (place: Locator, look: () => Promise<string>, pattern: RegExp): Promise<string> => {
  let last: string | undefined
  try {
    const found = async () => {
      last = await look()
      return pattern.test(last) ? last : undefined
    }
    return await eventually("the text", found, timeoutMs, intervalMs)
  } catch (cause) {
    throw new Error(`${place}: expected text matching ${pattern}, but was ${JSON.stringify(last)}`, { cause })
  }
}

/** The text of each element, in order. */
export const texts = async (place: Locator): Promise<ReadonlyArray<string>> =>
  (await place.allInnerTexts()).map((text) => text.trim())

/** The types in the list of events, in alphabetical order. */
export const typesOf = async (page: Page): Promise<ReadonlyArray<string>> =>
  (await texts(page.locator("#events .event .type"))).toSorted()

/** The row of the event with that text among its parameters. */
export const rowOf = (page: Page, param: string): Locator =>
  page.locator("#events .event").filter({ hasText: param }).first()

/** Opens or closes that row, by a cell without choices. */
export const click = (row: Locator): Promise<void> => row.locator(".time").click()

/** Width of the page beyond the window, pixels. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
