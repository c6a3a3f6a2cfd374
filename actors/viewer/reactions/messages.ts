/** The messages of the viewer's API about reactions. JSON; a figure that is not known is null, never 0. Types only. */
import type { RuleTotals, TargetStatus } from "../../../bridge/reaction-store/service.ts"
import type { Figure } from "../../inspect/pipeline/system-view.ts"

/** A line of the ledger: the rule's own, or that of its reports (`<rule>/report`) or messages (`<rule>/<channel>`). */
export interface RuleLine extends RuleTotals {
  /** Matches and deliveries per second, over the last seconds. */
  readonly matchedRate: Figure
  readonly deliveredRate: Figure
}

/** A rule in the list. */
export interface RuleView {
  readonly name: string
  /** `gone`: it has a line in the ledger, but this viewer knows no such rule: it was removed, or RULES is not set here. */
  readonly source: "file" | "api" | "gone"
  readonly isOn: boolean
  readonly note: string
  /** The event types that it matches; empty: any. */
  readonly types: ReadonlyArray<string>
  /** When it matches and how often, for people. */
  readonly when: string
  /** What it does, a sentence for each step. */
  readonly steps: ReadonlyArray<string>
  /** Why a rule of the API is not in force; absent otherwise. */
  readonly problem?: string
  /** Its own line first; null while the store of reactions cannot be read, empty before its first match. */
  readonly lines: ReadonlyArray<RuleLine> | null
}

/** GET /api/reactions */
export interface ReactionsView {
  /** When it was read, milliseconds since 1970. */
  readonly at: number
  /** By name. */
  readonly rules: ReadonlyArray<RuleView>
  /** Why the last version of the rules file is not in force; null otherwise. */
  readonly fileProblem: string | null
  /** Whether this viewer reads a rules file. */
  readonly hasFile: boolean
  /** All lines together; null while the store of reactions cannot be read. */
  readonly total: RuleLine | null
  /** When the oldest waiting delivery was made, milliseconds since 1970; null: none waits, or unknown. */
  readonly oldestWaiting: number | null
  /** Sentences about lines that do not add up. */
  readonly warnings: ReadonlyArray<string>
  /** What could not be read: sentences. */
  readonly troubles: ReadonlyArray<string>
  /** Why rules cannot be saved here; null when they can be. */
  readonly readOnly: string | null
}

/** GET /api/reactions/rule?name=<name>: one rule as YAML. */
export interface RuleText {
  readonly name: string
  readonly source: "file" | "api"
  readonly text: string
}

/** GET /api/reactions/targets: those with most waiting deliveries first. */
export interface TargetsView {
  readonly at: number
  readonly targets: ReadonlyArray<TargetStatus>
  /** Whether there may be more targets than these. */
  readonly isCut: boolean
}

/** Header names and values. */
export type Headers = ReadonlyArray<readonly [name: string, value: string]>

/** A call: one HTTP request of a delivery and its answer. Long texts are cut, secrets and what VIEWER_MASK hides are `•••`. */
export interface CallView {
  /** When it ended, milliseconds since 1970. */
  readonly at: number
  readonly rule: string
  readonly target: string
  /** The delivery's id, which the target gets as `webhook-id`. */
  readonly id: string
  readonly attempt: number | null
  readonly method: string
  readonly url: string
  readonly requestHeaders: Headers
  readonly requestBody: string
  /** Null without an answer; `error` says why. */
  readonly status: number | null
  readonly answerHeaders: Headers
  readonly answerBody: string
  readonly error: string
  readonly ms: number | null
  /** What became of the delivery: delivered, retry, dead … */
  readonly outcome: string
}

/** GET /api/reactions/calls?rule=<name>&target=<name>&limit=<n>: the last calls, the latest first. */
export interface CallsView {
  readonly calls: ReadonlyArray<CallView>
  /** Whether VIEWER_MASK hides the contents of calls. */
  readonly isMasked: boolean
}

/** A step as it would be done: `title` is the request line, or the event or message. Secrets are `•••`. */
export interface TriedStep {
  readonly kind: "call" | "emit" | "notify"
  readonly target: string
  readonly title: string
  /** The headers of a call; the parameters of an event, or the fields of a message. */
  readonly headers: Headers
  readonly body: string
  /** What else there is to know, sentences; or empty. */
  readonly note: string
  /** Why it would fail; absent otherwise. */
  readonly problem?: string
}

/** What a rule would do for an event. */
export interface TriedRule {
  readonly rule: string
  readonly event: { readonly id: string; readonly type: string; readonly topic: string }
  readonly outcome: "sent" | "suppressed" | "not matched"
  /** Why it does not match, or why the match would be suppressed; or empty. */
  readonly why: string
  /** How often it may match, decided when the event is read; or empty. */
  readonly often: string
  readonly steps: ReadonlyArray<TriedStep>
}

/** POST /api/reactions/try: nothing is sent. */
export interface TryView {
  /** That the rule is valid, without an event; how many match, of many; or empty. */
  readonly sentence: string
  readonly results: ReadonlyArray<TriedRule>
  /** Whether rules saw `•••` in place of what VIEWER_MASK hides. */
  readonly isMasked: boolean
}
