/** The viewer's credentials: user name and password (HTTP Basic) for people, a token (Bearer) for tools. Compared in constant time. */
import { Buffer } from "node:buffer"
import { createHash, timingSafeEqual } from "node:crypto"

export interface Credentials {
  /** Whether a request has no credentials, wrong ones, or valid ones. */
  readonly check: (request: Request) => "none" | "wrong" | "right"
  /** Value of the `www-authenticate` header: the accepted schemes. */
  readonly challenge: string
}

export interface Secrets {
  readonly login?: { readonly user: string; readonly password: string } | undefined
  readonly token?: string | undefined
}

const digest = (text: string): Uint8Array => createHash("sha256").update(text, "utf8").digest()

/** Accepts any one of the secrets; undefined when none is configured. `realm`: what browsers show to people. */
export const credentials = ({ login, token }: Secrets, realm = "Spoor viewer"): Credentials | undefined => {
  if (login === undefined && token === undefined) return undefined
  const loginDigest = login === undefined ? undefined : digest(`${login.user}:${login.password}`)
  const tokenDigest = token === undefined ? undefined : digest(token)
  const challenges = [
    ...(loginDigest === undefined ? [] : [`Basic realm="${realm}", charset="UTF-8"`]),
    ...(tokenDigest === undefined ? [] : [`Bearer realm="${realm}"`])
  ]
  return {
    check: ({ headers }) => {
      const header = headers.get("authorization")
      if (header === null) return "none"
      const [, scheme = "", sent = ""] = /^(Basic|Bearer) +(\S+) *$/i.exec(header) ?? []
      const isBasic = scheme.toLowerCase() === "basic"
      const expected = isBasic ? loginDigest : scheme === "" ? undefined : tokenDigest
      const given = digest(isBasic ? Buffer.from(sent, "base64").toString("utf8") : sent)
      return expected !== undefined && timingSafeEqual(given, expected) ? "right" : "wrong"
    },
    challenge: challenges.join(", ")
  }
}
