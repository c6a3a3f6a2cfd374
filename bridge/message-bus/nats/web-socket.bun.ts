/** The WebSocket on Bun; used only by web-socket.ts. */
import type { TlsFiles } from "../../tls-files.ts"

type OpenWith = new (url: string, options: { readonly tls: object }) => WebSocket

/** `tls` is undefined for `ws://`. */
export const openSocket = (url: string, tls: TlsFiles | undefined): WebSocket => {
  if (tls === undefined) return new WebSocket(url)
  const { ca, cert, key } = tls
  return new (WebSocket as unknown as OpenWith)(url, {
    tls: {
      ...(ca === undefined ? {} : { ca: ca.join("\n") }),
      ...(cert === undefined || key === undefined ? {} : { cert, key })
    }
  })
}
