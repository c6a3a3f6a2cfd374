/** Records and rules for the tests of rules. */
import type { LogRecord } from "../../../bridge/event-log/service.ts"
import type { Topic } from "../../../contracts/ids.ts"
import type { Rule } from "../../../contracts/reactions/rule.ts"

export const topic = "events" as Topic

/** A record of the log. `params` is written as in a query. */
export const recordOf = (
  type: string,
  params = "e",
  {
    id = "0123456789abcdef0123456789abcdef-0",
    meta = "type=Desktop&browser=Firefox&engine=&version=1&os=Linux&host=h&pod=p&ts=1&ip=cb007107&klag=5&country=DE&city=",
    timestamp = 1_700_000_000_000,
    offset = "0"
  }: { id?: string | undefined; meta?: string; timestamp?: number; offset?: string } = {}
): LogRecord => ({
  offset,
  timestamp,
  key: undefined,
  value: Buffer.from(`${type} ${meta} ${params}`, "latin1"),
  headers: id === "" ? {} : { id }
})

/** The meta part of an event that a rule has sent. */
export const emittedMeta =
  "type=Unknown&browser=&engine=&version=&os=&host=&pod=deliverer&ts=1&ip=00000000&klag=5&country=XX&city="

/** A rule that calls something. */
export const ruleOf = (name: string, rest: Partial<Rule> = {}): Rule => ({
  name,
  when: {},
  do: { call: { url: "https://shop.example/hook" } },
  ...rest
})
