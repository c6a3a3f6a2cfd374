/**
 * Rules for bots, as data: name → case-insensitive pattern. Bots that isbot's list lacks, and apps, televisions and phones
 * that it mistakes for bots. bot.ts applies them.
 */

import { appLibraries } from "./device-rules.ts"

/** Bots that the list lacks. */
export const moreBots: Readonly<Record<string, string>> = {
  "Amazon's agents": String.raw`\bamzn-user\b|amazon-kendra`,
  "AI agents and crawlers": String.raw`\btsm-turingos\b|\bdevin/`,
  "page testers": String.raw`\bgtmetrix\b|\bylt\b|\bminiature\.io\b|\bthousandeyes\b`,
  scanners: String.raw`\bassetnote\b|\breaver\b|\bhlb/|\byunjiankong\b|linux gnu \(cow\)`,
  "feed and site services": "^venus/|^modularconnector/|^sitesucker|watchagent",
  "templates nobody filled in": "firefox/firefoxversion"
}

/** Removed from a user agent before it is matched against the words of bots. */
export const notBots: Readonly<Record<string, string>> = {
  "Google's apps on iOS": String.raw`\bgoogle(?:apps?|calendar|chat|chrome|classroom|docs|drive|earth|fit|home|keep|maps|meet|mobile|news|photos|plus|sheets|slides|translate|tv)(?=/)`,
  "Google's packages": String.raw`\bcom\.google\.[\w.]+|google_ios|google\.driveextension|googlehyperso\w*|google(?:podcasts|playstore)`,
  "Google's products": String.raw`google(?: earth| tv\b| wap proxy| wireless transcoder)`,
  ...appLibraries,
  "download managers of a device": "androiddownloadmanager|qqdownload",
  "Sogou's browser": String.raw`sogou(?:mse|mobilebrowser|search|sdk)\S*|_sogou\w*`,
  "WeChat's processes": String.raw`\bprocess/tools\w*`,
  "news apps": "newsarticle|applenews|netnewswire|newsblur|reutersnews|sohunews|\bnews/[d.]+(?= version)",
  "podcast apps and readers": String.raw`^(?:downcast|doughnut|citrixreceiver|moon fm)\b[/\d.]*|^feeddlerrss|^kaios downloader|^apkxdl|\bdownloader$`,
  "addresses in apps' names": String.raw`\+?https?://(?:podcast\.app|cooler\.fm|doughnutapp\.com|www\.(?:acrylicapps\.com|xbmc\.org)|bsalsa\.com)`,
  "names of apps and packages": String.raw`\b\w+\.com\.[\w.]+|amazon\.com/[\d.]+|bbcnews\w*`,
  "WhatsApp on a device": String.raw`whatsapp/[\d.]+(?= (?:android|iphone|wp|ios))`,
  "parts of browsers": String.raw`chromeframe|firephp|javaplatform|java_|catcher\d|user-agent:`,
  "Facebook's own words": ";fb(?:mf|bd)/google",
  "Java phones' forms": String.raw`wap[-_ ]?browser|java/jbed|tungsten proxyless|htc; radar|speedmode; proxy|build/cubot|\(https?\b[^)/:]*\)`
}

/** Words that identify a bot even on an unambiguous device: a television, a console, a watch. */
export const sureBots = String.raw`bot\b|bot/|crawl|spider|headless|\+http`

/** Texts before a version that are not a product's name. */
export const nobodysNames = new Set([
  "mozilla",
  "applewebkit",
  "khtml",
  "gecko",
  "chrome",
  "safari",
  "mobile",
  "version",
  "opera",
  "msie",
  "linux",
  "android"
])
