/** A call as people see it: masked, and every text cut. Pure. */
import type { OutgoingAnswer } from "../../bridge/outgoing-http/outgoing-http.ts"
import type { CallRecord } from "../../bridge/reaction-store/service.ts"

/** The longest text in a record, characters. */
const maxTextChars = 2_048

/** What people see of headers that are secret whatever they contain. */
const hidden = "•••"
const secretHeaders = /^(authorization|proxy-authorization|cookie|set-cookie|x-api-key|api-key)$/i

export interface RecordedCall {
  readonly id: string
  readonly attempt: number
  readonly method: string
  readonly url: string
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: string | Uint8Array | undefined
  readonly answer: OutgoingAnswer | undefined
  readonly error: string | undefined
  readonly ms: number
  readonly outcome: "delivered" | "retry" | "dead" | "next"
}

/** `mask` hides the secrets of rules in any text. */
export const callRecord = (
  place: Omit<CallRecord, "text">,
  { id, attempt, method, url, headers, body, answer, error, ms, outcome }: RecordedCall,
  mask: (text: string) => string
): CallRecord => {
  const shown = (text: string): string => {
    const masked = mask(text)
    return masked.length <= maxTextChars ? masked : `${masked.slice(0, maxTextChars).toWellFormed()}…`
  }
  const shownHeaders = (some: ReadonlyArray<readonly [string, string]>): Record<string, string> =>
    Object.fromEntries(
      some.map(([name, value]) => [name, secretHeaders.test(name) ? hidden : shown(value)] as const)
    )
  const record = {
    ...{ id, attempt, method, url: shown(url), requestHeaders: shownHeaders(headers) },
    requestBody:
      typeof body === "string" ? shown(body) : body === undefined ? null : `(${body.length} bytes)`,
    status: answer?.status ?? null,
    answerHeaders: answer === undefined ? null : shownHeaders(Object.entries(answer.headers)),
    answerBody: answer === undefined ? null : shown(answer.body),
    ...{ error: error === undefined ? null : shown(error), ms: Math.round(ms), outcome }
  }
  return { ...place, text: JSON.stringify(record) }
}
