/** The guard that lets in who has a write key, and gives its events the key's topic. */

import { refuse } from "../http/errors.ts"
import { anyOrigin } from "../http/responses.ts"
import type { Guard } from "../routes.ts"
import { keyOf } from "./extract-key.ts"
import type { CountRefused } from "./refusal-counter.ts"
import type { FindKey } from "./write-keys.ts"

/** Followed by anyone, asked for by people, or guarded by a token of their own. */
const needsNone = /^\/(click\/[^/]+\/go|openapi\.json|api\/v1\/links(\/.*)?)\/?$/

/**
 * Whatever key a request carries is taken out of its target, so that no line ever holds one; what a body brings is taken
 * out of its events (`AcceptEvents`).
 */
export const requireWriteKey =
  (find: FindKey, countRefused: CountRefused): Guard =>
  (context) => {
    const { key, target } = keyOf(context.request.headers, context.target)
    const isOpen = needsNone.test(context.target.path)
    context.target = target
    const known = key === undefined ? undefined : find(key)
    if (known === undefined) {
      context.lacksKey = true
      if (isOpen) return undefined
      countRefused("write-key")
      return refuse("unauthorized", key === undefined ? missing : unknown, {
        "www-authenticate": "Bearer",
        ...anyOrigin
      })
    }
    context.topic = known.topic
    context.key = known.name
    return undefined
  }

const missing =
  "A write key is needed: as header X-Write-Key or Authorization, path /w/<key>/ before the rest, or parameter write_key."
const unknown = "This write key is not known."
