/** Extracts the model of an Android device from a user agent. */

const place =
  /(?:Android|Adr|Andr0id)[^;()]*;(?:\s*[a-z]{2,3}(?:[-_][A-Za-z]{0,4}){0,2}\s?;|\s*HarmonyOS;|\s*AppleWebKit[^;]*;|\s*Build\/[^;]*;|\s*arm(?:_64)?;|\s*x86(?:_64)?;|\s*U;)*\s*([^;()]+?)\s*(?:Build[/ ]|[;()]|AppleWebKit|MIUI\/|$)/

/** Texts in the place of a model that are not one: Chrome's K, Firefox's device types, a web view. */
const noModel = /^(?:K|U|wv|Mobile|Tablet|TV|Linux|[a-z]{2}|[a-z]{2}[-_][A-Za-z]{2}|rv:.*|Android.*|Build.*)$/

/** `Pixel 8`, `SM-T510`, …; empty without a model. */
export const androidModel = (userAgent: string): string => modelOf(place.exec(userAgent)?.[1])

/** The text when it is a model, else an empty one. */
export const modelOf = (read: string | undefined): string =>
  read === undefined || noModel.test(read) ? "" : read
