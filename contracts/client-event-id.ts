/**
 * The client's own id of an event, which tells a retry from a new event: `id` in a batch, else the `Idempotency-Key`
 * header. It is sent as a parameter, because a line has no field for it.
 */
import { Config, Schema } from "effect"
import { setting } from "./setting.ts"

/** The parameter of the id in a GET request. The name is specific, so that no event has it by chance. */
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
  "The parameter that carries a client's own id of an event (id in a batch, Idempotency-Key): two events with the same type and the same parameters, this one included, count once. The same for all actors."
)

/** A client's own id of an event: 1 to 255 printable ASCII characters. */
export const ClientEventId = Schema.String.check(
  Schema.isPattern(/^[ -~]{1,255}$/, { toJsonSchema: () => ({ pattern: "^[ -~]{1,255}$" }) })
)

export const isClientEventId = Schema.is(ClientEventId)
