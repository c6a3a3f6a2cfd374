/** The WebSocket on Deno; used only by web-socket.ts. */
import type { TlsFiles } from "../../tls-files.ts"

interface HttpClient {
  readonly close: () => void
}

/** The part of Deno's API that is used here. */
interface DenoClients {
  readonly createHttpClient: (options: {
    readonly caCerts?: ReadonlyArray<string>
    readonly cert?: string
    readonly key?: string
  }) => HttpClient
}

type OpenWith = new (url: string, options: { readonly client: HttpClient }) => WebSocket

/** `tls` is undefined for `ws://`. */
export const openSocket = (url: string, tls: TlsFiles | undefined): WebSocket => {
  if (tls === undefined) return new WebSocket(url)
  const { ca, cert, key } = tls
  const { createHttpClient } = (globalThis as unknown as { readonly Deno: DenoClients }).Deno
  const client = createHttpClient({
    ...(ca === undefined ? {} : { caCerts: ca }),
    ...(cert === undefined || key === undefined ? {} : { cert, key })
  })
  const socket = new (WebSocket as unknown as OpenWith)(url, { client })
  socket.addEventListener("close", () => client.close())
  return socket
}
