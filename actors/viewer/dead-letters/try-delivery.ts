/** The dry run of a dead letter of a delivery: what its next try would send, with secrets masked. Sends nothing. Pure. */
import type { DeadDelivery } from "../../../contracts/reactions/dead-delivery.ts"
import { plain } from "../../inspect/plain-text.ts"
import { type PreviewedStep, previewContent } from "../../rules/preview.ts"
import type { Renderer } from "../../rules/render.ts"

export interface TriedDelivery {
  readonly kind: "delivery"
  readonly delivery: string
  readonly rule: string
  readonly target: string
  readonly steps: ReadonlyArray<PreviewedStep>
}

export const tryDelivery = (
  { delivery, rule, target, content }: DeadDelivery,
  renderer: Renderer
): TriedDelivery => ({
  kind: "delivery",
  ...{ delivery, rule, target },
  steps: previewed(content, delivery, renderer)
})

/** People may have edited a template so that it cannot be read. */
const previewed = (
  content: DeadDelivery["content"],
  seed: string,
  renderer: Renderer
): ReadonlyArray<PreviewedStep> => {
  try {
    return previewContent(content, seed, renderer)
  } catch (cause) {
    const problem = renderer.mask(cause instanceof Error ? cause.message : String(cause))
    return [{ kind: "call", target: "none", isSkipped: false, waitsFor: [], problem }]
  }
}

/** Whether every step can be rendered. */
export const isPossible = ({ steps }: TriedDelivery): boolean =>
  steps.every(({ problem }) => problem === undefined)

/** The steps as text: each request as HTTP writes it, each event and message as JSON. */
export const triedDeliveryText = ({ steps }: Pick<TriedDelivery, "steps">): string =>
  steps.map(stepText).join("\n\n").split("\n").map(plain).join("\n")

const stepText = (step: PreviewedStep): string => {
  const { call, emit, notify, problem, isSkipped, waitsFor, target } = step
  if (problem !== undefined) return `It cannot be sent: ${problem}`
  if (isSkipped) return "(this step is passed over: its `if` does not hold)"
  const after =
    waitsFor.length === 0 ? "" : `\n(with the answers ${waitsFor.join(", ")}, which only the calls give)`
  if (call === undefined) return `${target}: ${JSON.stringify(emit ?? notify, undefined, 2)}${after}`
  const { method, url, headers, body, signature } = call
  const isUnsigned = signature === "none"
  const ownHeaders = `(and webhook-id, webhook-timestamp${isUnsigned ? "" : "; webhook-signature if its secret is set"})`
  const head = [`${method} ${url}`, ...headers.map(([name, value]) => `${name}: ${value}`), ownHeaders]
  return `${head.join("\n")}${body === undefined ? "" : `\n\n${body}`}${after}`
}
