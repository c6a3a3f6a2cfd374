/** Error responses of the connection guard as bytes on the wire, made from the table of errors. Keeps no state. */
import { STATUS_CODES } from "node:http"
import { closeConnection } from "../body/closing.ts"
import { refuse } from "../errors.ts"

export interface RawResponses {
  readonly tooManyConnections: string
  /** The request was not complete in time. */
  readonly requestTimeout: string
}

export const rawResponses = async (): Promise<RawResponses> => ({
  tooManyConnections: await serialized(
    refuse("busy", "Too many connections are open; try again later.", closeConnection)
  ),
  requestTimeout: await serialized(refuse("timeout", "The request did not arrive in time.", closeConnection))
})

/** A response as a server would send it. */
const serialized = async (response: Response): Promise<string> => {
  const { status, headers } = response
  const body = await response.text()
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...Array.from(headers, ([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(body)}`
  ]
  return `${lines.join("\r\n")}\r\n\r\n${body}`
}
