/** The WebSocket on Bun; used only by web-socket.ts. */
import type { OpenSocket } from "./web-socket.ts"

type OpenWith = new (url: string, options: { readonly tls: object }) => WebSocket

export const openSocket: OpenSocket = (url, tls) => {
  if (tls === undefined) return new WebSocket(url)
  const { ca, cert, key } = tls
  return new (WebSocket as unknown as OpenWith)(url, {
    tls: {
      ...(ca === undefined ? {} : { ca: ca.join("\n") }),
      ...(cert === undefined || key === undefined ? {} : { cert, key })
    }
  })
}
