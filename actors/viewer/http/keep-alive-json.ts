/** An answer that may take minutes: JSON behind blanks, one every few seconds, so that nobody takes the connection for dead. */

/** How often a blank is sent, milliseconds; well under what servers and proxies call idle. */
const beat = 5_000

/** The value as JSON, when it has come; until then blanks, which JSON allows before it. `value` must not fail. */
export const longAnswer = (value: Promise<unknown>): Response => {
  const encoder = new TextEncoder()
  let timer: ReturnType<typeof setInterval> | undefined
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      timer = setInterval(() => controller.enqueue(encoder.encode(" ")), beat)
      void value.then((told) => {
        if (timer === undefined) return
        clearInterval(timer)
        controller.enqueue(encoder.encode(JSON.stringify(told)))
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
