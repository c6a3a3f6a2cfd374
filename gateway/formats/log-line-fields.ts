/** The fields of a server log's line about one request, in any format. */
import type { ByteString } from "../../contracts/event.ts"

export interface LogLine {
  /** The client's address, as `plainAddress` writes it. */
  readonly address: string
  /** The virtual host without its port. Empty when the line has none or `-`, like every text here. */
  readonly host: ByteString
  readonly user: ByteString
  /** Milliseconds since 1970. */
  readonly ts: number
  /** The quoted request, `GET /x HTTP/1.1`, or whatever the client sent. */
  readonly request: ByteString
  readonly status: ByteString
  readonly bytes: ByteString
  readonly referrer: ByteString
  readonly userAgent: ByteString
}
