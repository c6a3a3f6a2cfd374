/** Where the well-behaved client sends its events; no attack does. */
export const neighbourPath = "/t/neighbour"
