/**
 * Services whose operations fail when a test says so: the services of an actor under test, wrapped. Lives as long as the
 * test.
 */
import { Context, Effect } from "effect"
import type { Failure } from "../../contracts/failure.ts"

/** A failure that a test has ordered. */
interface Injected {
  readonly service: string
  readonly operation: string
  readonly failure: Failure
  left: number
  met: boolean
}

export interface InjectedFailures {
  /** The next `times` calls of the operation fail; it is named as in the service, or in what the service returns (`ack`). */
  readonly add: (service: string, operation: string, failure: Failure, times: number) => void
  /** Ordered failures that no call has met yet, as `<service> <operation>`. */
  readonly unmet: () => ReadonlyArray<string>
  /** The same services, whose operations fail as ordered. */
  readonly within: (services: Context.Context<never>) => Context.Context<never>
}

export const makeInjectedFailures = (): InjectedFailures => {
  const all: Array<Injected> = []

  const next = (service: string, operation: string): Failure | undefined => {
    const one = all.find((it) => it.service === service && it.operation === operation && it.left > 0)
    if (one === undefined) return undefined
    one.left -= 1
    one.met = true
    return one.failure
  }

  /** An effect looks for an ordered failure each time that it runs, so that a retry may succeed. */
  const failing = (service: string, operation: string, effect: Effect.Effect<unknown, unknown>) =>
    Effect.suspend(() => {
      const failure = next(service, operation)
      return failure === undefined
        ? Effect.map(effect, (value) => wrapped(service, operation, value))
        : Effect.fail(failure)
    })

  const wrapped = (service: string, name: string, value: unknown): unknown => {
    if (Effect.isEffect(value)) return failing(service, name, value as Effect.Effect<unknown, unknown>)
    if (typeof value === "function")
      return (...given: ReadonlyArray<unknown>) => wrapped(service, name, value(...given))
    if (Array.isArray(value)) return value.map((one) => wrapped(service, name, one))
    if (!isPlain(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, wrapped(service, key, one)]))
  }

  return {
    add: (service, operation, failure, times) => {
      all.push({ service, operation, failure, left: times, met: false })
    },
    unmet: () => all.filter(({ met }) => !met).map(({ service, operation }) => `${service} ${operation}`),
    within: (services) =>
      Context.makeUnsafe(
        new Map(Array.from(services.mapUnsafe, ([key, service]) => [key, wrapped(key, key, service)]))
      )
  }
}

/** Only plain objects hold operations; a class's instance needs its own `this`. */
const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
