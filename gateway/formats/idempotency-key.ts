/** Reads the client's own id of an event from the `Idempotency-Key` header. Pure. */
import { isClientEventId } from "../../contracts/client-event-id.ts"
import { HttpError } from "../http/errors.ts"

/** The id in the `Idempotency-Key` header; undefined without one. Throws an `HttpError` (400) for an invalid id. */
export const idempotencyKey = (headers: Headers): string | undefined => {
  const key = headers.get("idempotency-key")
  if (key === null || isClientEventId(key)) return key ?? undefined
  throw new HttpError("bad-request", "The Idempotency-Key must have 1 to 255 ASCII characters.")
}
