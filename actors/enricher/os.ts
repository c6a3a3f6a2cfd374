/** The short names of operating systems, and what kind of device runs them. */
import type { DeviceType } from "../../contracts/wire/enrichment.ts"

/** `Mac`, `Windows`, `Linux`, `iOS`, …; empty when unknown. `name` is the parser's, which misses bare Apple names. */
export const shortOsName = (name: string | undefined, userAgent: string): string => {
  if (name === undefined) return /\b(?:iphone|ipad|ipod)\b/i.test(userAgent) ? "iOS" : ""
  const known = name.toLowerCase()
  return shortNames.get(known) ?? (linuxes.test(known) ? "Linux" : name)
}

/** What most devices with that system are; undefined for those of desktops and for the unknown. */
export const typeOfOs = (os: string): DeviceType | undefined => types.get(os)

const shortNames = new Map([
  ["mac os", "Mac"],
  ["mac os x", "Mac"],
  ["chromium os", "Chrome OS"],
  ["cros", "Chrome OS"],
  ["windows", "Windows"],
  ["windows phone os", "Windows Phone"],
  ["windows phone", "Windows Phone"],
  ["windows mobile", "Windows Phone"],
  ["android", "Android"],
  ["android-x86", "Android"],
  ["ios", "iOS"],
  ["kaios", "KaiOS"],
  ["tizen", "Tizen"],
  ["webos", "webOS"],
  ["harmonyos", "HarmonyOS"],
  ["openharmony", "HarmonyOS"]
])

const linuxes =
  /^(?:linux|gnu|[kxln]?ubuntu|debian|(?:open)?suse|gentoo|arch|slackware|fedora|mandriva|mageia|centos|pclinuxos|red ?hat|zenwalk|linpus|raspbian|deepin|manjaro|elementary os|sabayon|linspire|mint|vectorlinux|joli)$/

const types = new Map<string, DeviceType>([
  ["iOS", "Mobile"],
  ["Android", "Mobile"],
  ["HarmonyOS", "Mobile"],
  ["KaiOS", "Mobile"],
  ["Windows Phone", "Mobile"],
  ["BlackBerry", "Mobile"],
  ["Firefox OS", "Mobile"],
  ["Symbian", "Mobile"],
  ["watchOS", "Wearable"],
  ["webOS", "TV"],
  ["Tizen", "TV"],
  ["Chromecast", "TV"],
  ["PlayStation", "Console"],
  ["Playstation", "Console"],
  ["Nintendo", "Console"],
  ["Xbox", "Console"]
])
