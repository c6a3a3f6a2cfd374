/**
 * A JSON response that may take minutes: a space is sent every few seconds until the value is ready, so that no server or
 * proxy closes the connection as idle. Lives as long as its response.
 */

/** Interval of the spaces, ms; well under common idle timeouts. */
const keepAliveIntervalMs = 5_000

/** Responds with the value as JSON; until it resolves, sends spaces, which JSON allows before a value. `value` must not reject. */
export const keepAliveJson = (value: Promise<unknown>): Response => {
  const encoder = new TextEncoder()
  let timer: ReturnType<typeof setInterval> | undefined
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      timer = setInterval(() => controller.enqueue(encoder.encode(" ")), keepAliveIntervalMs)
      void value.then((resolved) => {
        if (timer === undefined) return
        clearInterval(timer)
        controller.enqueue(encoder.encode(JSON.stringify(resolved)))
        controller.close()
      })
    },
    cancel: () => {
      clearInterval(timer)
      timer = undefined
    }
  })
  return new Response(body, { headers: { "content-type": "application/json", "cache-control": "no-store" } })
}
