/** The hosts of a Redis URL: one, or several separated by commas, which no URL parser reads. */

export interface RedisHost {
  readonly host: string
  readonly port: number
  /** Both, as they are written for people; an IPv6 address in brackets. */
  readonly text: string
}

/**
 * Reads what follows `redis://`: `user:password@a:1,b:2/path?parameters`. `parsed` is the URL with only its first host.
 * Returns undefined when one of the hosts is none, when the others have logins too, or for a fragment.
 */
export const readHosts = (
  rest: string,
  defaultPort: number
): { readonly hosts: ReadonlyArray<RedisHost>; readonly parsed: URL } | undefined => {
  const [, login = "", list = "", after = ""] = /^([^/?#]*@)?([^/?#@]*)(.*)$/s.exec(rest) ?? []
  // A login at each host would be read as one long password.
  if (/@.*,/s.test(login)) return undefined
  const [first = "", ...others] = list.split(",").map((one) => one.trim())
  const parsed = urlOf(`redis://${login}${first}${after}`)
  if (parsed === undefined || parsed.hash !== "") return undefined
  const hosts: Array<RedisHost> = []
  for (const url of [parsed, ...others.map((one) => urlOf(`redis://${one}`))]) {
    if (url === undefined || url.hostname === "" || url.port === "0") return undefined
    const port = url.port === "" ? defaultPort : Number(url.port)
    const host = url.hostname.replace(/^\[(.*)\]$/, "$1")
    hosts.push({ host, port, text: `${url.hostname}:${port}` })
  }
  return { hosts, parsed }
}

const urlOf = (text: string): URL | undefined => (URL.canParse(text) ? new URL(text) : undefined)
