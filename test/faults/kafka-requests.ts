/** Finds Kafka requests in the bytes of a proxy: their kind and size. */

/** The numbers of requests in Kafka's protocol. */
const keys = { produce: 0, commit: 8 } as const

/** The header of each request from Spoor: length, kind, version, correlation id, then the client's name with its length. */
const clientName = Buffer.from("\0\x05spoor", "latin1")
const nameAt = 12

export type KafkaRequest = keyof typeof keys

/** The sizes, bytes, of the requests of this kind that begin in these bytes from a client. */
export const requestsIn = (data: Buffer, kind: KafkaRequest): ReadonlyArray<number> => {
  const sizes: Array<number> = []
  for (let at = data.indexOf(clientName); at !== -1; at = data.indexOf(clientName, at + 1)) {
    if (at >= nameAt && data.readInt16BE(at - 8) === keys[kind]) sizes.push(data.readInt32BE(at - nameAt))
  }
  return sizes
}
