/** The settings of every process, whichever actors run in it. */
import { Config, Duration } from "effect"
import { setting } from "../../contracts/setting.ts"
import { choice, duration, level, port } from "../../contracts/setting-readers.ts"
import { telemetrySettings } from "./telemetry/settings.ts"

export const opsPort = setting(
  "OPS_PORT",
  port,
  9464,
  "Port of /health/live, /health/ready, /metrics and /contracts; one per process. 0: any free port."
)
export const opsHost = setting(
  "OPS_HOST",
  Config.String,
  "127.0.0.1",
  "Address that OPS_PORT listens on. By default reachable from this machine only; use 0.0.0.0 in a container whose port only your own network reaches."
)
export const drainDelay = setting(
  "DRAIN_DELAY",
  duration("milliseconds"),
  Duration.millis(500),
  "How long to keep answering, as not ready, after SIGTERM, so that load balancers notice.",
  "500ms"
)
export const drainTimeout = setting(
  "DRAIN_TIMEOUT",
  duration("seconds"),
  Duration.seconds(25),
  "How long a process may then take to finish messages in flight; after that it exits with code 1.",
  "25s"
)
export const logLevel = setting("LOG_LEVEL", level, "Info", "Minimum level that is logged.")
export const logFormat = setting(
  "LOG_FORMAT",
  choice(["auto", "json", "pretty"]),
  "auto",
  "json, pretty, or auto: pretty on a terminal, else JSON lines."
)

export const processSettings = [
  opsPort,
  opsHost,
  drainDelay,
  drainTimeout,
  logLevel,
  logFormat,
  ...telemetrySettings
]
