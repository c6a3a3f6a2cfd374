/**
 * `spoor/testing`: runs an actor in a test, with virtual time and without servers or files. A chosen list, like
 * `spoor/actor`. It works with any test runner on Bun and Deno.
 */
export { type Fields, line, record, testBegins } from "../testing/events.ts"
export type { PublishedMessage } from "../testing/observed.ts"
export type { Outcomes, TestActor } from "../testing/test-actor.ts"
export { type TestOptions, withActor } from "../testing/with-actor.ts"
