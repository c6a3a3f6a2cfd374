/** JSON requests to the viewer. Responses are typed but not validated, since the server has the same version. */

/** The server refused the request; the message is from its response. */
export class RequestError extends Error {
  readonly isNotFound: boolean
  constructor(message: string, isNotFound: boolean) {
    super(message)
    this.isNotFound = isNotFound
  }
}

const messageIn = (body: unknown): string | undefined =>
  typeof body === "object" && body !== null && "message" in body && typeof body.message === "string"
    ? body.message
    : undefined

const answerOf = async <Answer>(pending: Promise<Response>): Promise<Answer> => {
  const response = await pending
  if (response.ok) return response.json() as Promise<Answer>
  const body: unknown = await response.json().catch(() => undefined)
  const message = messageIn(body) ?? `The viewer answered with status ${response.status}.`
  throw new RequestError(message, response.status === 404)
}

/** Reads the resource at that path; `signal` aborts it. Rejects with `RequestError`. */
export const getJson = <Answer>(path: string, signal?: AbortSignal): Promise<Answer> =>
  answerOf<Answer>(fetch(path, signal === undefined ? {} : { signal }))

const sendJson = <Answer>(method: "POST" | "PUT", path: string, body: unknown): Promise<Answer> =>
  answerOf<Answer>(
    fetch(path, {
      method,
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body)
    })
  )

/** Sends a command and returns its outcome. When it rejects with `RequestError`, nothing was done. */
export const postJson = <Answer>(path: string, body: unknown): Promise<Answer> =>
  sendJson<Answer>("POST", path, body)

/** The same for what is created or replaced. */
export const putJson = <Answer>(path: string, body: unknown): Promise<Answer> =>
  sendJson<Answer>("PUT", path, body)
