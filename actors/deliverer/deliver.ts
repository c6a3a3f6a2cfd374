/**
 * Does one claimed delivery: its call, event, notification or message, or its dead letter; and returns how it is settled.
 * Fails only when a system of ours does not respond: then nothing was tried, and the delivery is released.
 */
import { Clock, Effect } from "effect"
import type { IngestQueue } from "../../bridge/ingest-queue/service.ts"
import type { ClaimedDelivery, NewDelivery, Settlement } from "../../bridge/reaction-store/service.ts"
import { Failure } from "../../contracts/failure.ts"
import {
  type DeliveryContent,
  type DeliveryFailure,
  DeliveryId,
  type Message,
  ownTargets
} from "../../contracts/reactions/delivery.ts"
import { decodeContent, encodeContent } from "../../contracts/reactions/delivery-content.ts"
import type { Call, Emit, Notify } from "../../contracts/reactions/rule.ts"
import type { Messages } from "../notifier/messages.ts"
import { TemplateProblem } from "../rules/problem.ts"
import type { TemplateContext } from "../rules/render.ts"
import { pushIdFrom } from "../runtime/push-id.ts"
import { type Attempt, impossible } from "./attempt.ts"
import { type Called, type Caller, callTarget } from "./call-target.ts"
import { deadLetterOf } from "./dead-letter.ts"
import { emittedLine } from "./emitted-line.ts"
import { noLimits, settlementOf } from "./settlement.ts"

export interface Delivering extends Caller {
  readonly queue: IngestQueue["Service"]
  readonly messages: Messages
  /** `EVENT_ID_PARAM`. */
  readonly idParam: string
  /** `DELIVER_FOR`: how long deliveries that this one causes are tried, ms. */
  readonly deliverForMs: number
}

/** Makes the handler of claimed deliveries. */
export const makeDeliver =
  (delivering: Delivering) =>
  (claimed: ClaimedDelivery): Effect.Effect<Settlement, Failure> =>
    Effect.gen(function* () {
      const { figures, renderer } = delivering
      const content = yield* contentOf(claimed)
      if (content.failure !== undefined) {
        const answers = maskedAnswers(content.answers, renderer().mask)
        yield* addDeadLetter(delivering.queue, claimed, { ...content, answers }, content.failure)
        figures.settled("dead")
        return { ...{ id: claimed.id, lease: claimed.lease, health: "worked" }, outcome: { kind: "dead" } }
      }
      const attempt = yield* attempted(delivering, claimed, content)
      const now = yield* Clock.currentTimeMillis
      const random = Math.random()
      const { settlement, as } = settlementOf(claimed, content, attempt, {
        renderer: renderer(),
        now,
        random
      })
      figures.settled(as)
      return settlement
    })

/** A newer version may have written it: then a newer deliverer can do it. */
const contentOf = ({ id, content }: ClaimedDelivery): Effect.Effect<DeliveryContent, Failure> =>
  Effect.try({
    try: () => decodeContent(content),
    catch: (cause) =>
      new Failure({
        reason: "unreadable",
        message: `the delivery ${id} cannot be read: it may be of a newer version, or damaged (${cause})`
      })
  })

/** A target may have answered with a secret of the rules, which people must not see. */
const maskedAnswers = (
  answers: DeliveryContent["answers"],
  mask: (text: string) => string
): DeliveryContent["answers"] => {
  const hidden = (value: unknown): unknown => {
    if (typeof value === "string") return mask(value)
    if (typeof value !== "object" || value === null) return value
    if (Array.isArray(value)) return value.map(hidden)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [mask(name), hidden(one)]))
  }
  return hidden(answers) as DeliveryContent["answers"]
}

const addDeadLetter = Effect.fnUntraced(function* (
  { sources }: IngestQueue["Service"],
  claimed: ClaimedDelivery,
  content: DeliveryContent,
  failure: DeliveryFailure
): Effect.fn.Return<void, Failure> {
  const { letter, once } = deadLetterOf(claimed, content, failure, yield* Clock.currentTimeMillis)
  // Each id belongs to one of the servers: only that one knows whether it has the letter.
  const source = sources[Number.parseInt(letter.id.slice(0, 8), 16) % sources.length]
  if (source === undefined)
    return yield* new Failure({ reason: "unavailable", message: "There is no queue for dead letters." })
  yield* source.deadLetters.add(letter, once)
})

const attempted = Effect.fnUntraced(function* (
  delivering: Delivering,
  claimed: ClaimedDelivery,
  content: DeliveryContent
): Effect.fn.Return<Attempt, Failure> {
  if (claimed.expires <= (yield* Clock.currentTimeMillis))
    return impossible("its time was over before it could be tried")
  return yield* work(delivering, claimed, content).pipe(
    Effect.catchDefect((defect): Effect.Effect<Attempt> => {
      const { mask } = delivering.renderer()
      if (defect instanceof TemplateProblem) return Effect.succeed(impossible(mask(defect.message)))
      return Effect.as(Effect.logError("A delivery crashed.", defect, { delivery: claimed.id }), {
        verdict: { kind: "later", why: mask(`the deliverer crashed: ${defect}`), health: "unknown" }
      })
    })
  )
})

/** Dies with a `TemplateProblem` of a step that cannot be rendered. */
const work = (
  delivering: Delivering,
  claimed: ClaimedDelivery,
  content: DeliveryContent
): Effect.Effect<Attempt, Failure> =>
  Effect.suspend(() => {
    const { event, answers, answer, message, steps, at } = content
    const context = {
      ...{ event, answers, seed: claimed.id },
      ...(answer === undefined ? {} : { answer })
    }
    if (message !== undefined) return sendMessage(delivering, claimed, content, message)
    const step = steps[at]
    if (step === undefined) return Effect.succeed(impossible(`its rule has no step ${at + 1}`))
    if ("call" in step) return call(delivering, claimed, content, step.call, context)
    // Before a filter changes what a target repeated: then nothing finds a secret in it.
    const seen = { ...context, answers: maskedAnswers(answers, delivering.renderer().mask) }
    if ("emit" in step) return emit(delivering, eventIdOf(claimed, at), step.emit, seen)
    return notify(delivering, claimed, content, step.notify, seen)
  })

const call = Effect.fnUntraced(function* (
  delivering: Delivering,
  claimed: ClaimedDelivery,
  content: DeliveryContent,
  step: Call,
  context: TemplateContext
) {
  const rendered = delivering.renderer().call(step, context)
  const called = yield* callTarget(delivering, claimed, {
    ...rendered,
    isPrivate: false,
    traceparent: content.traceparent
  })
  const { report } = step
  return report === undefined || called.response === undefined
    ? called
    : {
        ...called,
        spawn: [reportOf(delivering, claimed, content, report, called, yield* Clock.currentTimeMillis)]
      }
})

/**
 * The event that reports an answer, as a delivery of its own: it may be sent after this one is settled. A replay counts its
 * attempts from 1 again, so the time at which the delivery was made is a part of the id.
 */
const reportOf = (
  { renderer, deliverForMs }: Delivering,
  { id, rule, attempt, created }: ClaimedDelivery,
  { event, answers, at, traceparent }: DeliveryContent,
  report: Emit,
  { response, call }: Called,
  now: number
): NewDelivery => {
  const { mask } = renderer()
  const place = at === 0 ? attempt : `${at + 1}-${attempt}`
  const own = `report-${place}-${created.toString(36)}`
  const answer = {
    ...{ status: response?.status, body: mask(response?.body ?? "") },
    ...{ url: mask(call?.url ?? ""), attempt, delivery: id }
  }
  return {
    ...{ id: DeliveryId.make(`${id}.${own}`), rule: `${rule}/report`, target: ownTargets.queue, gates: [] },
    ...{ limits: noLimits, due: now, expires: now + deliverForMs },
    content: encodeContent({
      ...{ v: 1, event, steps: [{ emit: report }], at: 0, answers, answer },
      ...(traceparent === undefined ? {} : { traceparent })
    })
  }
}

/** A second event of one delivery is another one. */
const eventIdOf = ({ id }: ClaimedDelivery, at: number): DeliveryId =>
  at === 0 ? id : DeliveryId.make(`${id}.${at + 1}`)

const emit = Effect.fnUntraced(function* (
  { renderer, queue, idParam }: Delivering,
  id: DeliveryId,
  step: Emit,
  context: TemplateContext
): Effect.fn.Return<Attempt, Failure> {
  const { mask, emit } = renderer()
  const { type, params } = emit(step, context)
  const line = emittedLine({
    ...{ type: mask(type), params: maskedValues(params, mask), id, idParam },
    ...{ hops: context.event.hops + 1, now: yield* Clock.currentTimeMillis }
  })
  yield* queue.push([line], pushIdFrom(`event ${id}`))
  return { verdict: { kind: "worked" } }
})

const notify = Effect.fnUntraced(function* (
  { renderer, messages }: Delivering,
  { id, rule, expires }: ClaimedDelivery,
  content: DeliveryContent,
  step: Notify,
  context: TemplateContext
) {
  const { mask, notify } = renderer()
  const { text, data, ...texts } = notify(step, context)
  const shown = {
    ...{ device: mask(texts.device), title: mask(texts.title), message: mask(texts.message) },
    ...{ url: mask(texts.url), text, data: maskedValues(data, mask) }
  }
  return yield* messages.expandNotify({ id, rule, expires, content }, shown).pipe(
    Effect.map((expanded): Attempt => ({ verdict: { kind: "worked" }, ...expanded })),
    Effect.catch(giveUpUnlessOutage)
  )
})

const sendMessage = Effect.fnUntraced(function* (
  delivering: Delivering,
  claimed: ClaimedDelivery,
  { traceparent }: DeliveryContent,
  message: Message
) {
  const { messages } = delivering
  return yield* Effect.gen(function* () {
    const rendered = yield* messages.renderMessage(message, claimed)
    const called = yield* callTarget(delivering, claimed, { ...rendered, isPrivate: true, traceparent })
    const { answer, verdict } = called
    if (answer === undefined) return called
    // The call was made: what is not removed now is removed after the next message.
    const address = yield* messages
      .afterMessage(message, rendered.address, answer.value)
      .pipe(Effect.catch(() => Effect.succeed("there" as const)))
    return address === "gone"
      ? { ...called, verdict: gone }
      : { ...called, verdict: withoutDisabling(verdict) }
  }).pipe(Effect.catch(giveUpUnlessOutage))
})

const gone = {
  kind: "never",
  why: "the device is no longer registered with its push service: it was removed from the mappings",
  health: "worked"
} as const

/** One device that is gone says nothing of the others at its push service. */
const withoutDisabling = (verdict: Attempt["verdict"]): Attempt["verdict"] =>
  verdict.kind === "never" ? { ...verdict, disables: false } : verdict

const giveUpUnlessOutage = (failure: Failure): Effect.Effect<Attempt, Failure> =>
  failure.retry ? Effect.fail(failure) : Effect.succeed(impossible(failure.message))

const maskedValues = (
  texts: Readonly<Record<string, string>>,
  mask: (text: string) => string
): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, mask(text)]))
