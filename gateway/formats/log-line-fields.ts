/** What a line of a server log says of one request, whatever its format. */
import type { Bytes } from "../../contracts/event.ts"

export interface LogLine {
  /** The client's, as `plainAddress` writes it. */
  readonly address: string
  /** The virtual host that was asked, without its port. Empty where the line has none or `-`, like all texts here. */
  readonly host: Bytes
  readonly user: Bytes
  /** Milliseconds since 1970. */
  readonly ts: number
  /** As it is quoted, `GET /x HTTP/1.1`; anything where the client sent anything. */
  readonly request: Bytes
  readonly status: Bytes
  readonly bytes: Bytes
  readonly referrer: Bytes
  readonly userAgent: Bytes
}
