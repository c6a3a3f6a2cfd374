/** The settings of every process, whatever actors run in it. */
import { Config, Duration } from "effect"
import { setting } from "../../contracts/setting.ts"
import { choice, duration, level, port } from "../../contracts/setting-readers.ts"

export const opsPort = setting(
  "OPS_PORT",
  port,
  9464,
  "Port of /health/live, /health/ready and /metrics; one per process. 0 takes a free one."
)
export const opsHost = setting(
  "OPS_HOST",
  Config.String,
  "127.0.0.1",
  "Address that OPS_PORT listens on. By default only this machine may ask; in a container 0.0.0.0, where only your own network reaches it."
)
export const drainDelay = setting(
  "DRAIN_DELAY",
  duration("milliseconds"),
  Duration.millis(500),
  "How long to go on answering, not ready, after SIGTERM, so that load balancers notice.",
  "500ms"
)
export const drainTimeout = setting(
  "DRAIN_TIMEOUT",
  duration("seconds"),
  Duration.seconds(25),
  "How long a process may take to finish what it has taken, after that; then it ends with exit code 1.",
  "25s"
)
export const logLevel = setting("LOG_LEVEL", level, "Info", "The least level that is logged.")
export const logFormat = setting(
  "LOG_FORMAT",
  choice(["auto", "json", "pretty"]),
  "auto",
  "json, pretty, or auto: pretty on a terminal, else JSON lines."
)

export const processSettings = [opsPort, opsHost, drainDelay, drainTimeout, logLevel, logFormat]
