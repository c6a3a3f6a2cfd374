/** The operations about the gateway itself, which are never events. */
import { gif, type Operation, ok, type ResponseDescription, text } from "./operation.ts"

const icon = (path: string, name: string, pathParameter?: string): Operation => ({
  method: "GET",
  path,
  ...(pathParameter === undefined ? {} : { pathParameter }),
  name,
  summary: "An icon that browsers request by themselves: never an event.",
  responses: [
    { status: 200, description: "One transparent pixel.", contents: [gif("One transparent pixel.")] }
  ],
  handledBy: "self"
})

const plain = (
  path: string,
  name: string,
  summary: string,
  responses: ReadonlyArray<ResponseDescription>
): Operation => ({
  method: "GET",
  path,
  name,
  summary,
  responses,
  handledBy: "self"
})

const readiness = { type: "application/json", description: "The status." }

export const operationalOperations: ReadonlyArray<Operation> = [
  plain("/", "getRoot", "Health for load balancers that probe the root. With a query it is an event.", [
    { ...ok, description: "The gateway is running." }
  ]),
  icon("/favicon.ico", "getFavicon"),
  icon("/apple-*.png", "getAppleIcon", "name"),
  plain("/robots.txt", "getRobots", "Excludes crawlers.", [
    { status: 200, description: "No path is allowed.", contents: [text("The rules for crawlers.")] }
  ]),
  plain("/health/live", "getLive", "Liveness of the process.", [
    {
      status: 200,
      description: "The process is alive.",
      contents: [{ type: "application/json", description: "The status." }]
    }
  ]),
  plain("/health/ready", "getReady", "Readiness: whether it can accept events now.", [
    { status: 200, description: "It is ready.", contents: [readiness] },
    { status: 503, description: "It is not ready.", contents: [readiness] }
  ]),
  {
    ...plain("/metrics", "getMetrics", "Metrics for Prometheus, where GATEWAY_METRICS is true.", [
      { status: 200, description: "The metrics.", contents: [text("Prometheus text format.")] }
    ]),
    mayBeNotFound: true
  },
  plain("/openapi.json", "getOpenApi", "This document.", [
    {
      status: 200,
      description: "An OpenAPI 3.1 document.",
      contents: [{ type: "application/json", description: "The document." }]
    }
  ])
]
