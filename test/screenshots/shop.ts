/** A simulated shop: sends the events of its visitors as its apps and pages would. */

interface Visitor {
  readonly address: string
  readonly agent: string
  readonly device: string
}

/** Addresses in several countries, each with its weight. */
const places: ReadonlyArray<readonly [number, string]> = [
  [9, "91.64.10.10"],
  [6, "23.20.1.1"],
  [4, "90.84.1.1"],
  [3, "81.2.69.160"],
  [3, "103.21.58.1"],
  [2, "200.160.2.3"],
  [2, "133.11.93.1"],
  [1, "62.216.1.1"],
  [1, "130.206.1.1"],
  [1, "5.150.254.1"],
  [1, "189.203.1.1"]
]

const agents: ReadonlyArray<readonly [number, string]> = [
  [
    6,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
  ],
  [
    6,
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
  ],
  [
    4,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
  ],
  [2, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:133.0) Gecko/20100101 Firefox/133.0"],
  [
    1,
    "Mozilla/5.0 (iPad; CPU OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
  ],
  [1, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"]
]

const products = ["red shoes", "rain coat", "blue scarf", "wool socks", "straw hat", "linen shirt"]

/** The actions of visitors: weight, event type and parameters. */
const actions: ReadonlyArray<readonly [number, string, () => Readonly<Record<string, string>>]> = [
  [
    10,
    "screen_view",
    () => ({
      page: among(["/", "/shoes", "/coats", "/sale", "/basket"]),
      referrer: among(["search", "newsletter", "direct"])
    })
  ],
  [6, "view_product", () => ({ product: among(products), price: price() })],
  [4, "offr", () => ({ action: "preview", text: among(products) })],
  [3, "app_open", () => ({ version: among(["5.1.0", "5.2.1"]), campaign: among(["spring", "none"]) })],
  [2, "add_to_cart", () => ({ product: among(products), price: price(), amount: among(["1", "1", "2"]) })],
  [
    1,
    "purchase",
    () => ({ order: String(10_000 + Math.floor(Math.random() * 90_000)), total: price(), currency: "EUR" })
  ]
]

const price = (): string => (10 + Math.random() * 110).toFixed(2)

const among = <A>(list: ReadonlyArray<A>): A => list[Math.floor(Math.random() * list.length)] as A

/** A random entry by weight. */
const weighted = <A extends readonly [number, ...ReadonlyArray<unknown>]>(list: ReadonlyArray<A>): A =>
  among(list.flatMap((one) => Array.from({ length: one[0] }, () => one)))

const visitors: ReadonlyArray<Visitor> = Array.from({ length: 60 }, () => ({
  address: weighted(places)[1],
  agent: weighted(agents)[1],
  device: crypto.randomUUID().slice(0, 8)
}))

const visit = async (gateway: URL): Promise<void> => {
  const { address, agent, device } = among(visitors)
  const [, type, params] = weighted(actions)
  const query = new URLSearchParams({ deviceid: device, ...params() })
  const headers = { "x-forwarded-for": address, "user-agent": agent }
  await (await fetch(new URL(`/t/${type}?${query}`, gateway), { headers })).text()
}

/** The varying rate of events at a time: events per second; `at` is in milliseconds since 1970. */
const rateAt = (at: number): number => {
  const wave = (seconds: number) => Math.sin((at / 1_000 / seconds) * 2 * Math.PI)
  return Math.max(4, 42 + 18 * wave(240) + 8 * wave(67) + 4 * wave(23))
}

/** Sends events to that gateway until the signal aborts. */
export const openShop = async (gateway: URL, closing: AbortSignal): Promise<void> => {
  const tickMs = 50
  while (!closing.aborted) {
    const count = Math.floor((rateAt(Date.now()) * tickMs) / 1_000 + Math.random())
    await Promise.all(Array.from({ length: count }, () => visit(gateway)))
    await new Promise((resolve) => setTimeout(resolve, tickMs))
  }
}
