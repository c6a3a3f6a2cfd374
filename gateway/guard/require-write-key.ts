/** The guard that admits requests with a valid write key, and sets the key's topic for their events. */

import { refuse } from "../http/errors.ts"
import { anyOrigin } from "../http/responses.ts"
import type { RequestContext } from "../request-context.ts"
import type { Guard } from "../routes.ts"
import { keyOf, withoutKey } from "./extract-key.ts"
import type { CountRefused } from "./refusal-counter.ts"
import type { FindKey } from "./write-keys.ts"

/** Paths exempt from write keys: link redirects, the OpenAPI document, the links API (own token), lines of edges (signed). */
const exemptPaths = /^\/(click\/[^/]+\/go|openapi\.json|api\/v1\/links(\/.*)?|api\/v1\/edge\/lines)\/?$/

/** The old links API (signed), which has no GET: a GET there is an event like any other, and needs a key. */
const exemptPosts = /^\/api\/[^/]+\/(?:create|delete)\/?$/

const isExempt = ({ request, target: { path } }: RequestContext): boolean =>
  exemptPaths.test(path) || (request.method === "POST" && exemptPosts.test(path))

/** Removes every key from the query, so that no line contains one. Keys in bodies are removed by `acceptEvents`. */
export const requireWriteKey =
  (find: FindKey, countRefused: CountRefused): Guard =>
  (context) => {
    const { target, pathKey } = context
    const key = keyOf(context.request.headers, pathKey, target.query)
    context.target = { path: target.path, query: withoutKey(target.query) }
    const known = key === undefined ? undefined : find(key)
    if (known === undefined) {
      context.lacksKey = true
      if (pathKey === undefined && isExempt(context)) return undefined
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
  "A write key is required: send the header X-Write-Key or Authorization, put /w/<key> before the path, or add the parameter write_key."
const unknown = "The write key is invalid."
