/** Generates lines of the queue, each from a number, so that every run has the same lines. */

export interface Variety {
  /** The numbers of different user agents and addresses. */
  readonly userAgents: number
  readonly addresses: number
}

export const usualVariety: Variety = { userAgents: 1_000, addresses: 10_000 }

const types = ["app_open", "page_view", "click", "offr", "purchase", "login", "add_to_cart", "scroll"]
const phones = [
  "Pixel 8",
  "SM-G991B",
  "SM-A546E",
  "moto g54",
  "Redmi Note 12",
  "CPH2451",
  "M2101K6G",
  "SM-S918B"
]

const userAgent = (n: number): string => {
  const version = `${110 + (n % 40)}.0.${1000 + Math.floor(n / 40)}.${n % 97}`
  switch (n % 4) {
    case 0:
      return `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version} Safari/537.36`
    case 1:
      return `Mozilla/5.0 (Linux; Android ${9 + (n % 6)}; ${phones[n % phones.length]}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version} Mobile Safari/537.36`
    case 2:
      return `Mozilla/5.0 (iPhone; CPU iPhone OS ${14 + (n % 4)}_${n % 7} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/${14 + (n % 4)}.${n % 1000} Mobile/15E148 Safari/604.1`
    default:
      return `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_${n % 8}; rv:${100 + (n % 27)}.${n % 1000}) Gecko/20100101 Firefox/${100 + (n % 27)}.0`
  }
}

/** Knuth's multiplicative hash: consecutive numbers get unrelated values. */
const scatter = (n: number): number => Math.imul(n + 1, 2_654_435_761) >>> 0

const address = (n: number): string => {
  const at = scatter(n)
  return `${1 + (at % 223)}.${(at >>> 8) & 255}.${(at >>> 16) & 255}.${1 + ((at >>> 24) % 254)}`
}

/** An event as a client sends it. */
export interface MadeEvent {
  readonly address: string
  readonly path: string
  readonly query: string
  readonly userAgent: string
}

/** Returns a function from a number to its event, whose parameter `n` is the number. */
export const eventMaker = ({ userAgents, addresses }: Variety = usualVariety) => {
  const agents = Array.from({ length: userAgents }, (_, n) => userAgent(n))
  const from = Array.from({ length: addresses }, (_, n) => address(n))
  return (n: number): MadeEvent => {
    const at = scatter(n)
    const type = types[at % types.length]
    const about = type === "offr" ? `action=preview&text=red%20shoe%20${at % 997}` : "platform=android"
    return {
      address: from[at % addresses] ?? "",
      path: `/t/${type}`,
      query: `deviceid=${at.toString(16).padStart(8, "0")}&n=${n}&referrer=website&${about}&value=${at % 1000}`,
      userAgent: agents[(at >>> 7) % userAgents] ?? ""
    }
  }
}

/** Returns a function from a number to its line. */
export const lineMaker = (variety: Variety = usualVariety) => {
  const event = eventMaker(variety)
  const startedAt = Date.now()
  return (n: number): string => {
    const { address, path, query, userAgent } = event(n)
    return `${address} ${startedAt + (n % 1000)} trk.example.com gateway-1 ${path} ${query} ${userAgent}`
  }
}
