/** Reads the body of an answer to a push over HTTP, which has a few hundred bytes at most. Keeps no state. */
import { Failure } from "../../contracts/failure.ts"

/** A longer body is not the answer of a gateway. */
export const maxAnswerBytes = 64 * 1024

/** The whole body. Rejects with `Failure` "unreadable", without reading on, above the limit. */
export const readAnswer = async (response: Response): Promise<Uint8Array> => {
  const { body } = response
  if (body === null) return new Uint8Array(0)
  const reader = body.getReader()
  let bytes = new Uint8Array(0)
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return bytes
    const longer = new Uint8Array(bytes.length + value.length)
    if (longer.length > maxAnswerBytes) break
    longer.set(bytes)
    longer.set(value, bytes.length)
    bytes = longer
  }
  void reader.cancel().catch(() => {})
  throw new Failure({
    reason: "unreadable",
    message: `the answer has more than ${maxAnswerBytes} bytes: check that EDGE_CENTRE is the address of a gateway`
  })
}
