/** The baseline: a server that only answers 204 to every request. Prints its port; lives until it is killed. */
const server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response(null, { status: 204 }) })
process.stdout.write(`port ${server.port}\n`)
