/** When a certificate expires. */
import { X509Certificate } from "node:crypto"

const one = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/**
 * When the first certificate of a chain (PEM) expires, seconds since 1970: clients refuse the server from then on. Undefined
 * for a text without a certificate.
 */
export const expiryOf = (pem: string): number | undefined => {
  const ends = (pem.match(one) ?? []).map((each) => Date.parse(new X509Certificate(each).validTo) / 1000)
  return ends.length === 0 ? undefined : Math.min(...ends)
}
