/**
 * The id that a client gives its event, so that its own retry can be told from another event: `id` in a batch, else
 * the `Idempotency-Key` header. It travels as a parameter, because a line has no other place for it.
 */
import { Config, Schema } from "effect"
import { setting } from "./setting.ts"

/** Whoever sends by GET gives the id as this parameter. The name says what it does, so that nobody has it by chance. */
export const standardEventIdParam = "idempotency_key"

const name = Schema.String.check(
  Schema.makeFilter((text: string) =>
    /^[A-Za-z0-9_.-]{1,64}$/.test(text) ? undefined : "It must be a name of letters, digits, _, . and -."
  )
)

export const eventIdParam = setting(
  "EVENT_ID_PARAM",
  (variable) => Config.schema(name, variable),
  standardEventIdParam,
  "The parameter that carries a client's own id of an event (id in a batch, Idempotency-Key): two events that are the same in type and all parameters, this one among them, count once. The same for all actors."
)

/** An id of a client: 1 to 255 characters that can be printed. */
export const ClientEventId = Schema.String.check(
  Schema.isPattern(/^[ -~]{1,255}$/, { toJsonSchema: () => ({ pattern: "^[ -~]{1,255}$" }) })
)

export const isClientEventId = Schema.is(ClientEventId)
