/**
 * Secrets in rendered text. A template never sees a secret, only a mark in its place: private-use characters around its
 * name and the encodings that filters asked for. `reveal` puts the secret there just before a request is sent, `mask` puts
 * `•••` there wherever people see the text. Texts of events and answers lose such characters, so that none can forge a
 * mark. Pure.
 */
import { Buffer } from "node:buffer"

const open = "\uE000"
const close = "\uE001"
const basicOpen = "\uE002"
const basicClose = "\uE003"

/** What people see in place of a secret. */
export const hidden = "•••"

/** The encodings of a mark: for a URL, for a JSON text. */
export type MarkEncoding = "u" | "j"

const mark = /\uE000([uj]*):([A-Za-z0-9_]+)\uE001/g
const basic = /\uE002([^\uE002\uE003]*)\uE003/g
const anyMark = /[\uE000-\uE003]/
const everyMark = /[\uE000-\uE003]/g

/** The mark of the secret of that name. */
export const markOf = (name: string): string => `${open}:${name}${close}`

/** The mark of `Authorization: Basic`, whose two texts may contain marks. */
export const basicMark = (user: string, password: string): string =>
  `Basic ${basicOpen}${user}:${password}${basicClose}`

export const hasMark = (text: string): boolean => anyMark.test(text)

/** A text from outside, without characters that could be taken for a mark. */
export const withoutMarks = (text: string): string =>
  anyMark.test(text) ? text.replaceAll(everyMark, "\uFFFD") : text

/** Encodes a text with `encode`, and notes the encoding in its marks. */
export const encodeAround = (
  text: string,
  encoding: MarkEncoding,
  encode: (text: string) => string
): string => {
  if (!hasMark(text)) return encode(text)
  let encoded = ""
  let end = 0
  for (const found of text.matchAll(mark)) {
    encoded += `${encode(text.slice(end, found.index))}${open}${found[1]}${encoding}:${found[2]}${close}`
    end = found.index + found[0].length
  }
  return encoded + encode(text.slice(end))
}

/** Notes that a text with marks is now inside of JSON, which leaves the marks' own characters as they are. */
export const insideJson = (json: string): string =>
  hasMark(json)
    ? json.replaceAll(mark, (_, encodings: string, name: string) => `${open}${encodings}j:${name}${close}`)
    : json

/** RFC 3986, as in paths and queries: every byte but `A-Z a-z 0-9 - . _ ~` becomes `%XX`. */
export const percentEncoded = (text: string): string =>
  encodeURIComponent(text.toWellFormed()).replaceAll(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`
  )

const encoders: Readonly<Record<string, (text: string) => string>> = {
  u: percentEncoded,
  j: (text) => JSON.stringify(text).slice(1, -1)
}

/** The text with the secrets in it, for sending. An unknown name gives nothing. */
export const revealed = (text: string, secret: (name: string) => string | undefined): string => {
  if (!hasMark(text)) return text
  const plain = text.replaceAll(mark, (_, encodings: string, name: string) =>
    [...encodings].reduce((value, one) => encoders[one]?.(value) ?? value, secret(name) ?? "")
  )
  return plain.replaceAll(basic, (_, login: string) => Buffer.from(login, "utf8").toString("base64"))
}

/** The text without its marks, for people. */
export const masked = (text: string): string =>
  hasMark(text) ? text.replaceAll(basic, hidden).replaceAll(mark, hidden) : text

/** The shortest secret that is looked for in clear texts: shorter ones are found in any text by chance. */
const minSoughtChars = 4

/** The secret in base64, alone and within a longer text like `user:secret`, where it can begin at three places of a group. */
const base64Of = (secret: string): ReadonlyArray<string> =>
  (["base64", "base64url"] as const).flatMap((encoding) => [
    Buffer.from(secret, "utf8").toString(encoding),
    ...[0, 1, 2].map((before) => {
      const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret, "utf8")])
      // Characters that hold bits of what is before or behind are left out.
      return bytes.toString(encoding).slice(Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6))
    })
  ])

/** Masks what `secrets` look like in clear, in case a target repeats one in its answer. */
export const makeMask = (secrets: ReadonlyArray<string>): ((text: string) => string) => {
  const sought = new Set<string>()
  for (const secret of secrets) {
    if (secret.length < minSoughtChars) continue
    const escaped = encoders.j?.(secret) ?? secret
    for (const encoded of [percentEncoded(secret), percentEncoded(escaped)])
      for (const one of [encoded, encoded.replaceAll("%20", "+")])
        sought.add(one).add(one.replaceAll(/%../g, (byte) => byte.toLowerCase()))
    for (const one of [secret, escaped, ...base64Of(secret)]) sought.add(one)
  }
  // The longest first, so that no part of one is left.
  const ordered = [...sought].toSorted((a, b) => b.length - a.length)
  const pattern =
    ordered.length === 0
      ? undefined
      : new RegExp(ordered.map((one) => one.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"), "g")
  return (text) => {
    const unmarked = masked(text)
    return pattern === undefined ? unmarked : unmarked.replaceAll(pattern, hidden)
  }
}
