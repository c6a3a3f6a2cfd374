/**
 * The events of the load: event n is derived from n alone, so its expected record is known without keeping the event.
 * Every fourth is pushed to Redis as another tracker's line, in one of the two dialects.
 */

/** The route of an event: over HTTP, or as a line of either dialect that another tracker pushes. */
export type Way = "http" | "pushtech" | "adtekio"

export interface SentEvent {
  readonly n: number
  readonly way: Way
  /** The event type, as consumers count it. */
  readonly type: string
  readonly path: string
  /** Stored in Kafka byte for byte; one character per byte. */
  readonly query: string
  readonly address: string
  readonly userAgent: string
}

export const wayOf = (n: number): Way => (n % 4 !== 0 ? "http" : n % 8 === 0 ? "pushtech" : "adtekio")

/** Number of event types and of client addresses. */
const types = 40
const addresses = 250

export const sentEvent = (n: number): SentEvent => {
  const way = wayOf(n)
  const type = `kind-${n % types}`
  return {
    n,
    way,
    type,
    path: n % 3 === 0 ? `/t/${type}` : n % 3 === 1 ? `/shop/a%20b/${type}` : `/${type}/`,
    query: `id=${n}&visit=${visitOf(n)}&${way === "http" ? encodedParams[n % encodedParams.length] : rawParams[n % rawParams.length]}`,
    address: `8.8.${n % 4}.${n % addresses}`,
    userAgent: userAgents[n % userAgents.length] ?? ""
  }
}

/** Several events in a row belong to one visitor, who is silent while others come. */
const eventsPerVisit = 100
const visitors = 8
const visitOf = (n: number): number => Math.floor(n / eventsPerVisit) % visitors

/** The line of an event pushed to Redis. Its time is in milliseconds, or in seconds for adtekio. */
export const lineOf = ({ n, way, path, query, address, userAgent }: SentEvent, topic: string): Buffer =>
  Buffer.from(
    way === "adtekio"
      ? `${address} ${1_795_206_900 + (n % 1000)} ${topic} ${path} ${query} ${userAgent}`
      : `${address} ${1_795_206_900_000 + n} trk.example.com 10.0.0.${n % 9} ${path} ${query} ${userAgent}`,
    "latin1"
  )

/** The number of the event with this query; undefined when the harness did not send it. */
export const numberOf = (query: string): number | undefined => {
  const found = /^id=(\d{1,9})(?:&|$)/.exec(query)
  return found === null ? undefined : Number(found[1])
}

/** Difficult bytes that no runtime changes in a URL (Bun writes `%27` for a quote). */
const encodedParams = [
  "deviceid=abcdf&referrer=website",
  "text=red%20shoes%21&q=%F0%9F%98%80",
  "broken=%&half=%4&not=%zz&nul=%00&line=%0D%0A&sep=%E2%80%A8",
  "action=view&a[b]=c&a[0]=x&__proto__[x]=1&constructor=2",
  "plus=a+b&semi=a;b&eq==&amp&&end",
  "long=".padEnd(600, "x"),
  "lone=%ED%A0%80&over=%C0%AF&latin=%E9",
  "back=`&pipe=|&tilde=~&star=*&at=@&colon=:/?"
]

/** All bytes except the space, which separates fields. */
const rawParams = [
  "deviceid=abcdf&referrer=website",
  `raw=${String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte !== 32))}`,
  "cut=\xf0\x9f\x98&newline=\n\r\n&nul=\0",
  "text=red%20shoes&%zz=%"
]

const userAgents = [
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
  "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 Mobile Safari/537.36",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5; rv:127.0) Gecko/20100101 Firefox/127.0",
  "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
  "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/538.1 (KHTML, like Gecko) Version/6.0 TV Safari/538.1",
  "Dalvik/2.1.0 (Linux; U; Android 13; SM-A536B Build/TP1A.220624.014)",
  "curl/8.6.0",
  "MyApp/3.2 (com.example.app; build:77; iOS 17.5.1) Alamofire/5.9"
]
