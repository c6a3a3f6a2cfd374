/** A self-signed certificate for this machine, for tests: created with openssl in a folder of its own. */
import { execFileSync } from "node:child_process"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

export interface OwnCertificate {
  /** Paths of the two PEM files. */
  readonly cert: string
  readonly key: string
}

/** `days`: until it expires. */
export const makeCertificate = (days = 2): OwnCertificate => {
  const folder = mkdtempSync(join(tmpdir(), "spoor-certificate-"))
  const cert = join(folder, "cert.pem")
  const key = join(folder, "key.pem")
  const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
  // Deno does not accept a CA certificate as a server's certificate.
  const leaf = ["-addext", "basicConstraints=critical,CA:FALSE"]
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
  execFileSync(
    "openssl",
    [
      "req",
      "-x509",
      ...curve,
      "-nodes",
      "-days",
      String(days),
      ...names,
      ...leaf,
      "-keyout",
      key,
      "-out",
      cert
    ],
    {
      stdio: "ignore"
    }
  )
  return { cert, key }
}
