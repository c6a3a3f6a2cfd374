/** Short names of operating systems, and the type of device that runs each. */
import type { DeviceType } from "../../contracts/wire/enrichment.ts"

/** `Mac`, `Windows`, `Linux`, `iOS`, …; empty when unknown. `name` is the parser's, undefined where it found none. */
export const shortOsName = (name: string | undefined, userAgent: string): string => {
  if (name === undefined) return firstIn(unnamed, userAgent) ?? ""
  const mistake = mistakes.get(name)
  if (mistake?.pattern.test(userAgent)) return mistake.os
  const known = name.toLowerCase()
  return shortNames.get(known) ?? (linuxes.test(known) ? "Linux" : name)
}

/** The usual type of devices with that system; undefined for desktop systems and unknown ones. */
export const typeOfOs = (os: string): DeviceType | undefined => types.get(os)

/** Systems in the user agents of apps, libraries and tools, which the parser does not find. The first match wins. */
const unnamed: ReadonlyArray<readonly [os: string, pattern: RegExp]> = [
  ["watchOS", /\bwatch ?os\b|\bwatch\d+,\d/i],
  ["Android", /\bandroid|okhttp|\badr \d/i],
  ["iOS", /\b(?:iphone|ipad|ipod)|\bi(?:pad)?os\b|\bdv\(iph/i],
  ["Mac", /\bmac ?os\b|\bmacbook|\bdarwin|-darwin/i],
  ["Windows Phone", /\bwds \d|windows ?phone/i],
  ["Windows", /\bwindows\b|\bwin(?:32|64|nt)\b/i],
  ["Linux", /\blinux/i]
]

const firstIn = (systems: typeof unnamed, userAgent: string): string | undefined =>
  systems.find(([, pattern]) => pattern.test(userAgent))?.[0]

/** Texts that the parser mistakes for another system: a model whose name begins with Win, `Mac OS/14.1`. */
const mistakes: ReadonlyMap<string, { readonly os: string; readonly pattern: RegExp }> = new Map([
  ["Windows", { os: "Android", pattern: /\bandroid \d/i }],
  ["OS/2", { os: "Mac", pattern: /\bmac os\//i }]
])

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
