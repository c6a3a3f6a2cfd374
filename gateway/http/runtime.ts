/** Differences between the runtimes' HTTP servers. */

const isDeno = "Deno" in globalThis

/**
 * Whether this runtime closes connections whose client does not finish its request or does not read the response. Deno
 * keeps them open without limit.
 */
export const closesSlowClients = !isDeno

/**
 * Whether this runtime supports HTTP pipelining. Bun closes a connection that sends a request before the previous
 * response, and the client loses that response too, unless it was made synchronously.
 */
export const supportsPipelining = isDeno
