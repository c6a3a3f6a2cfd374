/**
 * Where a campaign link may lead. Whoever may store links may lead people anywhere on the web, so what is checked here
 * is that a target is what it looks like: a person who reads it and the browser that follows it see the same host.
 */

/** Schemes of app stores that targets may have beside http and https, unless it is set otherwise. */
export const storeSchemes = "itms-apps,itms-appss,market"

/** A target may have so many characters. */
export const longestTarget = 2_048

const web: ReadonlySet<string> = new Set(["http", "https"])

/** What these do is done by the browser itself, or on the person's own device: no setting allows them. */
const neverAllowed = /^(?:javascript|vbscript|data|blob|file|filesystem|about|view-source)$/

/** Why a list of schemes like `itms-apps,market` cannot be had, as a sentence; undefined when it can. */
export const schemesProblem = (list: string): string | undefined => {
  const bad = namesIn(list).find((name) => !/^[a-z][a-z0-9+.-]*$/.test(name))
  if (bad !== undefined) return `"${bad}" is not the name of a URL scheme.`
  const never = namesIn(list).find((name) => neverAllowed.test(name))
  return never === undefined ? undefined : `A link may never lead to ${never}: targets.`
}

/** The schemes that targets may have, when that list is set. */
export const schemesOf = (list: string): ReadonlySet<string> =>
  new Set([...web, ...namesIn(list).filter((name) => !neverAllowed.test(name))])

const namesIn = (list: string): ReadonlyArray<string> =>
  list
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "")

/** A target as the `Location` header has it: plain ASCII, its host in punycode. Or why it is none, as a sentence. */
export type ReadTarget =
  | { readonly href: string; readonly problem?: never }
  | { readonly problem: string; readonly href?: never }

/** Reads a target; `schemes` are those of `schemesOf`. Never throws. */
export const readTarget = (text: string, schemes: ReadonlySet<string>): ReadTarget => {
  if (text.length > longestTarget) return no(`It must have at most ${longestTarget} characters.`)
  if (/[\p{C}\p{Z}\s]/u.test(text)) return no("It must not hold spaces, control or invisible characters.")
  if (text.includes("\\")) return no("It must not hold a backslash.")
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]+)/i.exec(text)
  const scheme = parts?.[1]?.toLowerCase() ?? ""
  const authority = parts?.[2] ?? ""
  if (parts === null) return no("It must be a whole URL, like https://example.com/.")
  if (!schemes.has(scheme)) return no(`Its scheme must be one of ${[...schemes].join(", ")}.`)
  if (authority.includes("@")) return no("It must not hold a user name or a password.")
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) return no("It is not a valid URL.")
  const host = authority.replace(/:\d*$/, "")
  const isPlain = web.has(scheme) ? isSameHost(host, url.hostname) : /^[a-z0-9._-]+$/i.test(host)
  if (!isPlain) return no(`Its host must be written as browsers read it, not as "${host}".`)
  const isWhole = url.protocol === `${scheme}:` && url.username === "" && url.password === ""
  if (!isWhole || !/^[!-~]+$/.test(url.href)) return no("It is not a valid URL.")
  if (url.href.length > longestTarget)
    return no(`Percent-encoded it must have at most ${longestTarget} characters.`)
  return { href: url.href }
}

const no = (problem: string): ReadTarget => ({ problem })

/**
 * Is a host the browser's reading of what was written? Upper case and letters beyond ASCII in a label of its own
 * (which becomes punycode) are; other writings of digits, dots and letters (`0x7f.1`, `%65vil`, `ｅvil`) are disguises.
 */
const isSameHost = (written: string, host: string): boolean => {
  const lower = written.toLowerCase()
  if (lower === host || written.startsWith("[")) return host !== ""
  const labels = lower.split(".")
  const read = host.split(".")
  return (
    labels.length === read.length &&
    labels.every((label, place) => label === read[place] || isPunycodeOf(label, read[place] ?? ""))
  )
}

const isPunycodeOf = (label: string, read: string): boolean =>
  !/^[ -~]*$/.test(label) && read.startsWith("xn--")
