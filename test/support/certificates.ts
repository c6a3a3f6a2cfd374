/** A certificate authority for tests, with certificates for servers on this machine and for clients: made with openssl in a folder of its own. */
import { execFileSync } from "node:child_process"
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { OwnCertificate } from "./certificate.ts"

export interface Authority {
  /** Path of its own certificate (PEM). */
  readonly ca: string
  /** A certificate that it signs: of a server at localhost and 127.0.0.1, or of a client with that name. */
  readonly sign: (name: string) => OwnCertificate
}

export const makeAuthority = (name = "An authority for tests"): Authority => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-authority-"))
  const file = (what: string): string => join(folder, what)
  const openssl = (...args: ReadonlyArray<string>): void => {
    execFileSync("openssl", [...args], { stdio: "ignore", cwd: folder })
  }
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-days",
    "2",
    "-subj",
    `/CN=${name}`,
    "-keyout",
    "ca.key",
    "-out",
    "ca.pem"
  )
  let count = 0
  return {
    ca: file("ca.pem"),
    sign: (subject) => {
      const own = `${++count}`
      openssl(
        "req",
        "-new",
        ...newKey,
        "-subj",
        `/CN=${subject}`,
        "-keyout",
        `${own}.key`,
        "-out",
        `${own}.csr`
      )
      writeFileSync(
        file(`${own}.ext`),
        "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n"
      )
      const issuer = ["-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", own, "-days", "2"]
      openssl("x509", "-req", "-in", `${own}.csr`, ...issuer, "-extfile", `${own}.ext`, "-out", `${own}.pem`)
      return { cert: file(`${own}.pem`), key: file(`${own}.key`) }
    }
  }
}

/** The files as `connect` takes them. */
export const tlsSourceOf = (ca: string | undefined, client?: OwnCertificate) => () => ({
  ...(ca === undefined ? {} : { ca: [readFileSync(ca, "utf8")] }),
  ...(client === undefined
    ? {}
    : { cert: readFileSync(client.cert, "utf8"), key: readFileSync(client.key, "utf8") })
})
