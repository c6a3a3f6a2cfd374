/** Said with a "no" to a body that was not read to its end: what the client still sends would be taken for a request. */
export const closeConnection = { connection: "close" } as const
