/**
 * The health check of the image: exit code 0 when the process in this container is ready, else 1. Sends one request to OPS_PORT and
 * ends.
 */
const port = process.env.OPS_PORT ?? "9464"

const isReady = await fetch(`http://127.0.0.1:${port}/health/ready`, {
  signal: AbortSignal.timeout(2_500)
}).then(
  ({ ok }) => ok,
  () => false
)
process.exit(isReady ? 0 : 1)

export {}
