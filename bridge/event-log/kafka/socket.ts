/** The sockets of connections to Kafka, each from when it is wanted until its end. */
import { connect as connectPlain, isIP, type Socket } from "node:net"
import { type ConnectionOptions, connect as connectTls } from "node:tls"

/** Where to, whether with TLS, and whom to tell that it is there. */
export interface WantedSocket {
  readonly host: string
  readonly port: number
  readonly ssl?: ConnectionOptions
  readonly onConnect: () => void
}

/**
 * A socket without delay for small packets. The library hears of its end in every case: it listens for `end` and
 * `error` only, and a request on a socket that was closed without either would wait for ever.
 */
export const watched = (sockets: Set<Socket>, wanted: WantedSocket): Socket => {
  const { host, port, ssl, onConnect } = wanted
  const name = isIP(host) === 0 ? { servername: host } : {}
  const socket = ssl
    ? connectTls({ host, port, ...name, ...ssl }, onConnect)
    : connectPlain({ host, port }, onConnect)
  socket.setNoDelay(true)
  socket.setKeepAlive(true, 10_000)
  let told = false
  const tell = (): void => {
    told = true
  }
  socket.once("end", tell)
  socket.once("error", tell)
  socket.once("close", () => {
    sockets.delete(socket)
    if (!told) socket.emit("end")
  })
  sockets.add(socket)
  return socket
}
