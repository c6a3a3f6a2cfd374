/** The name that an Android device gives its model, cut out of a user agent. */

const place =
  /(?:Android|Adr|Andr0id)[^;()]*;(?:\s*[a-z]{2,3}(?:[-_][A-Za-z]{0,4}){0,2}\s?;|\s*HarmonyOS;|\s*AppleWebKit[^;]*;|\s*Build\/[^;]*;|\s*arm(?:_64)?;|\s*x86(?:_64)?;|\s*U;)*\s*([^;()]+?)\s*(?:Build[/ ]|[;()]|AppleWebKit|MIUI\/|$)/

/** What stands in that place without being a model: the letter Chrome writes for all, Firefox's kinds, a web view. */
const noModel = /^(?:K|U|wv|Mobile|Tablet|TV|Linux|[a-z]{2}|[a-z]{2}[-_][A-Za-z]{2}|rv:.*|Android.*|Build.*)$/

/** `Pixel 8`, `SM-T510`, …; empty when the user agent names none. */
export const androidModel = (userAgent: string): string => modelOf(place.exec(userAgent)?.[1])

/** A model as it was read, or nothing where what was read is none. */
export const modelOf = (read: string | undefined): string =>
  read === undefined || noModel.test(read) ? "" : read
