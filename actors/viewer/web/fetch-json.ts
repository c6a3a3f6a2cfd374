/** Questions and orders to the viewer, as JSON. */

/** What stands at that path. Fails with the viewer's own sentence, and `isMissing` when nothing stands there; `signal` ends it. */
export const get = (path, signal) => answerOf(fetch(path, { signal }))

/** Sends an order and returns what became of it. Fails with the viewer's own sentence; then nothing was done. */
export const post = (path, order) =>
  answerOf(
    fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(order)
    })
  )

const answerOf = async (asked) => {
  const answer = await asked
  if (answer.ok) return answer.json()
  const told = await answer.json().catch(() => undefined)
  const error = new Error(told?.message ?? `The viewer answered with ${answer.status}.`)
  throw Object.assign(error, { isMissing: answer.status === 404 })
}
