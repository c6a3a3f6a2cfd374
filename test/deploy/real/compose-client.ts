/**
 * A client inside the network of compose, run by compose-project.ts in a container of the image. Prints one JSON line and ends.
 *
 *   send <address> <type> <count>   sends that many events, each with an id of its own, until it is acknowledged
 *   load <address> <type>           the same without an end, until SIGTERM
 *   get <path>                      the viewer's answer to this path, with the login
 *   records <topic>                 the number of records in a topic of Kafka
 *   fetch <address>                 the status of this address, whatever its certificate, and its text
 */
const [what = "", target = "", type = "", count = "0"] = process.argv.slice(2)
const login = `Basic ${btoa(`spoor:${process.env.VIEWER_PASSWORD}`)}`

const sendOne = async (number: number): Promise<number> => {
  for (let tries = 0; ; tries += 1) {
    const headers = { "idempotency-key": `${type}-${number}` }
    const signal = AbortSignal.timeout(5_000)
    const options = { headers, signal, tls: { rejectUnauthorized: false } }
    const status = await fetch(`${target}/t/${type}?n=${number}`, options).then(
      (answer) => answer.status,
      () => 0
    )
    if (status === 200) return tries
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const sendAll = async (isEnough: (sent: number) => boolean, pauseMs: number): Promise<object> => {
  let [acknowledged, again] = [0, 0]
  while (!isEnough(acknowledged)) {
    again += await sendOne(acknowledged)
    acknowledged += 1
    await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  return { acknowledged, again }
}

let isEnding = false
process.once("SIGTERM", () => {
  isEnding = true
})

const answerOf = async (url: string, headers: Readonly<Record<string, string>> = {}): Promise<object> => {
  const answer = await fetch(url, { headers, tls: { rejectUnauthorized: false } })
  return { status: answer.status, text: await answer.text() }
}

/** Asks Kafka itself, with Spoor's own client, which is in the image. */
const recordsIn = async (topic: string): Promise<object> => {
  const kafka = "/app/bridge/event-log/kafka"
  const { makeClients } = await import(`${kafka}/client.ts`)
  const { makeCluster } = await import(`${kafka}/cluster.ts`)
  const address = { brokers: ["kafka:9092"], tls: false, login: undefined }
  const cluster = makeCluster(makeClients(address).open({ main: 20_000 }))
  await cluster.refresh([topic])
  const leaders: ReadonlyArray<number> = await cluster.leadersOf(topic)
  const partitions = leaders.map((_, partition) => ({ topic, partition }))
  const ends: ReadonlyMap<string, bigint> = await cluster.offsets(partitions, "end")
  cluster.close()
  return { records: [...ends.values()].reduce((sum, end) => sum + Number(end), 0) }
}

const commands: Readonly<Record<string, () => Promise<object>>> = {
  send: () => sendAll((sent) => sent >= Number(count), 15),
  load: () => sendAll(() => isEnding, 50),
  get: () => answerOf(`http://viewer:5031${target}`, { authorization: login }),
  records: () => recordsIn(target),
  fetch: () => answerOf(target)
}

const result = await commands[what]?.()
process.stdout.write(`${JSON.stringify(result)}\n`)

export {}
