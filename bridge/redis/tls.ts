/** The settings of every connection to Redis: its URL, own authorities and the client certificate. */
import type { Setting } from "../../contracts/setting.ts"
import { redisTls, redisUrl } from "../settings.ts"
import { readTlsFiles, type TlsSource } from "../tls-files.ts"

/** Read by each service that may be on Redis. */
export const redisSettings: ReadonlyArray<Setting<unknown>> = [
  redisUrl,
  redisTls.ca,
  redisTls.cert,
  redisTls.key
]

/** For `tls` of `connect`. Fails with `misconfigured` for a file that cannot be used. */
export const readRedisTls = readTlsFiles(redisTls)

/** TLS options whose certificates are read again at each connection, for which the client library copies them. */
export const renewed = (options: object, tls: TlsSource | undefined): object => {
  const files = { ...options }
  if (tls !== undefined)
    for (const name of ["ca", "cert", "key"] as const)
      if (tls()[name] !== undefined)
        Object.defineProperty(files, name, { enumerable: true, get: () => tls()[name] })
  return files
}
