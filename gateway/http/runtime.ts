/** What the runtimes' HTTP servers do in their own ways, for those who make up for it. */

const isDeno = "Deno" in globalThis

/**
 * Does this runtime close by itself who begins a request and does not end it, or does not read what it is sent? Deno
 * bears them for ever.
 */
export const closesSlowClients = !isDeno

/**
 * Does this runtime answer requests that came before the answer to the one before? Bun closes such a connection, and the
 * client gets not even the first answer, unless that was made within the call that brought the request.
 */
export const supportsPipelining = isDeno
