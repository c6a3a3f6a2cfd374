/** Decides which requests the notifier serves: by host name, credentials, and the page that sent them. */
import { refuse } from "../../../gateway/http/errors.ts"
import { hostOf } from "../../../gateway/http/host.ts"
import { targetOf } from "../../../gateway/http/target.ts"
import { isLoopback } from "../../inspect/viewer-settings.ts"
import { type Admission, authentication, isForeign } from "../../viewer/auth/admission.ts"
import type { Credentials } from "../../viewer/auth/credentials.ts"

/** Served without credentials and under any host name. */
const publicPaths: ReadonlySet<string> = new Set(["/health/live", "/health/ready"])

/** Without `auth` everybody is admitted, but only under a loopback host name. Wrong passwords are throttled by network. */
export const notifierAdmission = (auth: Credentials | undefined): Admission => {
  const authenticate: Admission = auth === undefined ? () => undefined : authentication(auth)
  return (request, address) => {
    const host = hostOf(request.headers.get("host"))
    if (host === undefined || host === "") return refuse("bad-request", "Invalid or missing Host header.")
    if (publicPaths.has(targetOf(request.url).path)) return undefined
    if (auth === undefined && !isLoopback(host))
      return refuse("unauthorized", "Without NOTIFIER_PASSWORD the notifier serves loopback host names only.")
    const refused = authenticate(request, address)
    if (refused !== undefined) return refused
    return isForeign(request)
      ? refuse("unauthorized", "Requests from pages of other sites are refused.")
      : undefined
  }
}
