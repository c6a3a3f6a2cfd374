/**
 * Recognizes the most frequent browsers by the complete form of their user agents. The parser tries eighty patterns in
 * order, which is the largest part of the cost of a new user agent. These forms are strict enough that the parser would
 * return the same result.
 */

export interface Browser {
  readonly name: string | undefined
  readonly version: string | undefined
}

const desktop = [
  String.raw`Windows NT \d+\.\d+(?:; Win64; x64|; WOW64)?`,
  String.raw`Macintosh; Intel Mac OS X \d+(?:[._]\d+){1,2}`,
  "X11; (?:Ubuntu; )?Linux (?:x86_64|i686)",
  String.raw`X11; CrOS x86_64 \d+\.\d+\.\d+`
].join("|")

/** Usual model numbers, and the K that Chrome writes for every model. */
const android = String.raw`Linux; Android \d+(?:\.\d+)*; (?:K|(?:SM-)?[A-Z]{1,3}\d{3,4}[A-Z]?\d?|Pixel \da?(?: Pro| XL)?)`

const apple = String.raw`(?:iPhone|iPad|iPod touch); CPU (?:iPhone )?OS \d+(?:_\d+){1,2} like Mac OS X`

const webkit = String.raw`AppleWebKit/[\d.]+ \(KHTML, like Gecko\)`

const forms: ReadonlyArray<readonly [name: string, form: RegExp]> = [
  [
    "Chrome",
    new RegExp(
      String.raw`^Mozilla/5\.0 \((?:${desktop}|${android})\) ${webkit} Chrome/(\d[\d.]*)(?: Mobile)? Safari/[\d.]+$`
    )
  ],
  [
    "Mobile Safari",
    new RegExp(
      String.raw`^Mozilla/5\.0 \(${apple}\) ${webkit} Version/(\d[\d.]*) Mobile/\d{1,2}[A-Z]\d+[a-z]? Safari/[\d.]+$`
    )
  ],
  [
    "Firefox",
    new RegExp(String.raw`^Mozilla/5\.0 \((?:${desktop}); rv:[\d.]+\) Gecko/[\d.]+ Firefox/(\d[\d.]*)$`)
  ],
  [
    "Safari",
    new RegExp(String.raw`^Mozilla/5\.0 \((?:${desktop})\) ${webkit} Version/(\d[\d.]*) Safari/[\d.]+$`)
  ]
]

/** The parser reads at most 500 characters. */
const longest = 500

/** The browser of a user agent in one of these forms; undefined for any other. */
export const plainBrowser = (userAgent: string): Browser | undefined => {
  if (userAgent.length > longest) return undefined
  for (const [name, form] of forms) {
    const version = form.exec(userAgent)?.[1]
    if (version !== undefined) return { name, version }
  }
  return undefined
}
