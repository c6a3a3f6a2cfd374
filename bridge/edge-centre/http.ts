/** Pushes lines to a gateway of the centre over HTTP, each request signed with the shared secret. Keeps no state. */
import { Failure, type FailureReason } from "../../contracts/failure.ts"
import { readPushedReply, writePushedLines } from "../../contracts/messages/pushed-lines.ts"
import { readAnswer } from "./read-answer.ts"
import type { EdgeCentre } from "./service.ts"

/** The headers that sign a body. */
export type Sign = (body: Uint8Array) => Readonly<Record<string, string>>

/** `endpoint` is where a gateway of the centre takes lines. */
export const httpCentre = (endpoint: URL, sign: Sign): EdgeCentre => {
  return {
    address: endpoint.host,
    push: async (pushed, timeoutMs) => {
      const body = writePushedLines(pushed)
      const response = await reachable(endpoint.host, () =>
        fetch(endpoint, {
          method: "POST",
          headers: {
            "content-type": "application/msgpack",
            ...sign(body)
          },
          body: body.slice(),
          redirect: "manual",
          signal: AbortSignal.timeout(timeoutMs)
        })
      )
      if (response.status !== 200) throw refused(response.status, await sentenceIn(response), endpoint.host)
      readPushedReply(await reachable(endpoint.host, () => readAnswer(response)), pushed)
    }
  }
}

const reachable = async <A>(host: string, run: () => Promise<A>): Promise<A> => {
  try {
    return await run()
  } catch (cause) {
    if (cause instanceof Failure) throw cause
    const isLate = cause instanceof Error && cause.name === "TimeoutError"
    throw new Failure({
      reason: isLate ? "timeout" : "unavailable",
      message: isLate
        ? `The centre at ${host} did not answer in time.`
        : `The centre at ${host} cannot be reached: ${reasonOf(cause)}.`
    })
  }
}

/** The sentence of a gateway's error; empty for an answer of somebody else. */
const sentenceIn = async (response: Response): Promise<string> => {
  const body: unknown = await readAnswer(response)
    .then((bytes) => JSON.parse(new TextDecoder().decode(bytes)))
    .catch(() => undefined)
  const isError = typeof body === "object" && body !== null && "message" in body
  return isError ? String(body.message).slice(0, 300) : ""
}

/** The edge made the request, and not a client: no answer is the fault of an event. */
const answers: Readonly<Record<number, readonly [FailureReason, string]>> = {
  400: ["unreadable", "refuses the lines"],
  401: [
    "unavailable",
    "refuses the signature: set the same EDGE_SECRET on both sides, and check that the clocks differ by less than 5 minutes"
  ],
  404: ["unavailable", "takes no lines of edges: set EDGE_SECRET at its gateway"],
  405: ["unavailable", "takes no lines of edges: set EDGE_SECRET at its gateway"],
  413: ["too-large", "refuses the size of the lines: proxies before it must accept bodies of 512 KiB"],
  429: ["busy", "limits the rate of this edge: raise RATE_LIMIT_PER_ADDRESS at its gateway"],
  503: ["busy", "has no room or no queue"]
}

const refused = (status: number, sentence: string, host: string): Failure => {
  const [reason, what] = answers[status] ?? [
    "unavailable",
    `answers ${status}: check that EDGE_CENTRE is the address of a gateway`
  ]
  return new Failure({
    reason,
    message: `The centre at ${host} ${what}${sentence === "" ? "." : `. ${sentence}`}`
  })
}

const reasonOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).replace(/\.+$/, "")
