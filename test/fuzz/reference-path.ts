/** The path of the reference client's events; no attack uses it. */
export const referencePath = "/t/neighbour"
