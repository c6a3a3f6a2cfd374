/** What a client is told at the door, as it goes over the wire: the errors of the one table. */
import { STATUS_CODES } from "node:http"
import { closeConnection } from "../body/closing.ts"
import { refuse } from "../errors.ts"

export interface RawResponses {
  /** There are as many connections as may be. */
  readonly tooMany: string
  /** The request did not come in time. */
  readonly tooSlow: string
}

export const rawResponses = async (): Promise<RawResponses> => ({
  tooMany: await written(
    refuse("busy", "There are as many connections as this server may have; try again.", closeConnection)
  ),
  tooSlow: await written(refuse("timeout", "The request was not there in time.", closeConnection))
})

/** An answer as a server would send it. */
const written = async (answer: Response): Promise<string> => {
  const { status, headers } = answer
  const body = await answer.text()
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    ...Array.from(headers, ([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(body)}`
  ]
  return `${lines.join("\r\n")}\r\n\r\n${body}`
}
