/** The operations that are about the gateway itself, and never events. */
import { type Answer, gif, type Operation, ok, text } from "./operation.ts"

const icon = (path: string, name: string, star?: string): Operation => ({
  method: "GET",
  path,
  ...(star === undefined ? {} : { star }),
  name,
  summary: "Browsers ask for it by themselves: never an event.",
  answers: [{ status: 200, means: "One transparent pixel.", contents: [gif("One transparent pixel.")] }],
  does: "self"
})

const plain = (path: string, name: string, summary: string, answers: ReadonlyArray<Answer>): Operation => ({
  method: "GET",
  path,
  name,
  summary,
  answers,
  does: "self"
})

const readiness = { type: "application/json", holds: "Whether it is ready." }

export const operationalOperations: ReadonlyArray<Operation> = [
  plain("/", "getRoot", "Health for load balancers that ask the root. With a query it is an event.", [
    { ...ok, means: "The gateway answers." }
  ]),
  icon("/favicon.ico", "getFavicon"),
  icon("/apple-*.png", "getAppleIcon", "name"),
  plain("/robots.txt", "getRobots", "Robots stay away.", [
    { status: 200, means: "Nothing is allowed.", contents: [text("What robots may do.")] }
  ]),
  plain("/health/live", "getLive", "Is the process alive?", [
    { status: 200, means: "It is.", contents: [{ type: "application/json", holds: "That it is." }] }
  ]),
  plain("/health/ready", "getReady", "Can it take events now?", [
    { status: 200, means: "It can.", contents: [readiness] },
    { status: 503, means: "It cannot.", contents: [readiness] }
  ]),
  {
    ...plain("/metrics", "getMetrics", "Figures for Prometheus, where GATEWAY_METRICS is true.", [
      { status: 200, means: "The figures.", contents: [text("The text format of Prometheus.")] }
    ]),
    mayBeNotFound: true
  },
  plain("/openapi.json", "getOpenApi", "This description.", [
    { status: 200, means: "OpenAPI 3.1.", contents: [{ type: "application/json", holds: "OpenAPI." }] }
  ])
]
