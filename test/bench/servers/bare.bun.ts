/** The limit: a server that answers 204 to everything and does nothing else. Prints its port; lives until it is killed. */
const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(null, { status: 204 }) })
process.stdout.write(`port ${server.port}\n`)
