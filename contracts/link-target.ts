/**
 * Validation of a campaign link's target. A user who may store links may redirect to any site, so the check is that a
 * target is not disguised: a person who reads it and the browser that follows it see the same host.
 */

/** Default of the schemes that targets may have beside http and https: those of app stores. */
export const storeSchemes = "itms-apps,itms-appss,market"

/** Characters of a target, at most. */
export const maxTargetCharacters = 2_048

const web: ReadonlySet<string> = new Set(["http", "https"])

/** Schemes that the browser executes, or opens on the user's device: no setting allows them. */
const neverAllowed = /^(?:javascript|vbscript|data|blob|file|filesystem|about|view-source)$/

/** The error in a list of schemes like `itms-apps,market`, as a sentence; undefined for a valid list. */
export const schemesProblem = (list: string): string | undefined => {
  const bad = namesIn(list).find((name) => !/^[a-z][a-z0-9+.-]*$/.test(name))
  if (bad !== undefined) return `"${bad}" is not the name of a URL scheme: write names like itms-apps,market.`
  const never = namesIn(list).find((name) => neverAllowed.test(name))
  return never === undefined ? undefined : `The scheme ${never} is never allowed as a target: remove it.`
}

/** The schemes that targets may have with that list. */
export const schemesOf = (list: string): ReadonlySet<string> =>
  new Set([...web, ...namesIn(list).filter((name) => !neverAllowed.test(name))])

const namesIn = (list: string): ReadonlyArray<string> =>
  list
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "")

/** A target as the value of the `Location` header (ASCII, its host in punycode), or the error as a sentence. */
export type ReadTarget =
  | { readonly href: string; readonly problem?: never }
  | { readonly problem: string; readonly href?: never }

/** Reads a target; `schemes` are those of `schemesOf`. Never throws. */
export const readTarget = (text: string, schemes: ReadonlySet<string>): ReadTarget => {
  if (text.length > maxTargetCharacters)
    return invalid(`It must have at most ${maxTargetCharacters} characters.`)
  if (/[\p{C}\p{Z}\s]/u.test(text))
    return invalid("It must not contain spaces, control or invisible characters.")
  if (text.includes("\\")) return invalid("It must not contain a backslash.")
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]+)/i.exec(text)
  const scheme = parts?.[1]?.toLowerCase() ?? ""
  const authority = parts?.[2] ?? ""
  if (parts === null) return invalid("It must be an absolute URL, like https://example.com/.")
  if (!schemes.has(scheme)) return invalid(`Its scheme must be one of ${[...schemes].join(", ")}.`)
  if (authority.includes("@")) return invalid("It must not contain a user name or a password.")
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) return invalid("It is not a valid URL.")
  const host = authority.replace(/:\d*$/, "")
  const isPlain = web.has(scheme) ? isSameHost(host, url.hostname) : /^[a-z0-9._-]+$/i.test(host)
  if (!isPlain) return invalid(`Its host must be written as browsers read it, not as "${host}".`)
  const isWhole = url.protocol === `${scheme}:` && url.username === "" && url.password === ""
  if (!isWhole || !/^[!-~]+$/.test(url.href)) return invalid("It is not a valid URL.")
  if (url.href.length > maxTargetCharacters)
    return invalid(`Percent-encoded it must have at most ${maxTargetCharacters} characters.`)
  return { href: url.href }
}

const invalid = (problem: string): ReadTarget => ({ problem })

/**
 * True when the host is written as the browser reads it, apart from upper case and labels beyond ASCII (which become
 * punycode). Other spellings of digits, dots and letters (`0x7f.1`, `%65vil`, `ｅvil`) are disguises.
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
