/** What a line of a server log says of one request, whatever its format. */
import type { ByteString } from "../../contracts/event.ts"

export interface LogLine {
  /** The client's, as `plainAddress` writes it. */
  readonly address: string
  /** The virtual host that was asked, without its port. Empty where the line has none or `-`, like all texts here. */
  readonly host: ByteString
  readonly user: ByteString
  /** Milliseconds since 1970. */
  readonly ts: number
  /** As it is quoted, `GET /x HTTP/1.1`; anything where the client sent anything. */
  readonly request: ByteString
  readonly status: ByteString
  readonly bytes: ByteString
  readonly referrer: ByteString
  readonly userAgent: ByteString
}
