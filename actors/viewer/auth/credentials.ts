/** Who may look: people with a name and a password (HTTP Basic), tools with a token (Bearer). Compared in constant time. */
import { Buffer } from "node:buffer"
import { createHash, timingSafeEqual } from "node:crypto"

export interface Credentials {
  /** What a request says of who asks: nothing, something wrong, or what lets it in. */
  readonly verdictOn: (request: Request) => "none" | "wrong" | "right"
  /** For `www-authenticate`: what could be sent. */
  readonly challenge: string
}

export interface Secrets {
  /** Both, for people. */
  readonly login?: { readonly user: string; readonly password: string } | undefined
  readonly token?: string | undefined
}

const digest = (text: string): Uint8Array => createHash("sha256").update(text, "utf8").digest()

/** Lets in who knows one of the secrets; undefined when there is none to know. */
export const credentials = ({ login, token }: Secrets): Credentials | undefined => {
  if (login === undefined && token === undefined) return undefined
  const logins = login === undefined ? undefined : digest(`${login.user}:${login.password}`)
  const tokens = token === undefined ? undefined : digest(token)
  const challenges = [
    ...(logins === undefined ? [] : ['Basic realm="Spoor viewer", charset="UTF-8"']),
    ...(tokens === undefined ? [] : ['Bearer realm="Spoor viewer"'])
  ]
  return {
    verdictOn: ({ headers }) => {
      const header = headers.get("authorization")
      if (header === null) return "none"
      const [, scheme = "", sent = ""] = /^(Basic|Bearer) +(\S+) *$/i.exec(header) ?? []
      const isBasic = scheme.toLowerCase() === "basic"
      const expected = isBasic ? logins : scheme === "" ? undefined : tokens
      const given = digest(isBasic ? Buffer.from(sent, "base64").toString("utf8") : sent)
      return expected !== undefined && timingSafeEqual(given, expected) ? "right" : "wrong"
    },
    challenge: challenges.join(", ")
  }
}
