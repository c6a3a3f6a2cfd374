/**
 * A client inside the network of compose, run by compose.ts in a container of the image. `send <type> <count>` sends that
 * many events, each with an id of its own and again until it is acknowledged; `counted <type>` prints how many of that
 * type the event counter has counted. Prints one JSON line and ends.
 */
const [what = "", type = "", count = "0"] = process.argv.slice(2)
const login = `Basic ${btoa(`spoor:${process.env.VIEWER_PASSWORD}`)}`

const sendOne = async (number: number): Promise<number> => {
  for (let tries = 0; ; tries += 1) {
    const url = `http://gateway:5222/t/${type}?n=${number}`
    const headers = { "idempotency-key": `${type}-${number}` }
    const signal = AbortSignal.timeout(5_000)
    const status = await fetch(url, { headers, signal }).then(
      (answer) => answer.status,
      () => 0
    )
    if (status === 200) return tries
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const send = async (events: number): Promise<object> => {
  let again = 0
  for (let number = 0; number < events; number += 1) {
    again += await sendOne(number)
    await new Promise((resolve) => setTimeout(resolve, 15))
  }
  return { acknowledged: events, again }
}

const counted = async (): Promise<object> => {
  const answer = await fetch("http://viewer:5031/api/counters/event-counter", {
    headers: { authorization: login }
  })
  const { rows } = (await answer.json()) as {
    readonly rows: Readonly<
      Record<string, ReadonlyArray<{ readonly type?: string; readonly events: number }>>
    >
  }
  return { counted: rows["by-type"]?.find((row) => row.type === type)?.events ?? 0 }
}

const result = what === "send" ? await send(Number(count)) : await counted()
process.stdout.write(`${JSON.stringify(result)}\n`)

export {}
