/** Header of an error response whose request body was not read to its end: the rest would be parsed as the next request. */
export const closeConnection = { connection: "close" } as const
