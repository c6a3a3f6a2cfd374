/** What syslog and journald write before a line of a web server's log, and nothing else. */

const priority = "(?:<\\d{1,3}>)"
const time =
  "(?:[A-Z][a-z]{2} [ \\d]\\d (?:\\d{4} )?\\d\\d:\\d\\d:\\d\\d|\\d{4}-\\d\\d-\\d\\dT[\\d:.,]{8,20}(?:Z|[+-]\\d\\d:?\\d\\d))"

/** RFC 3164 and what files have of it: `<190>Nov 21 01:10:43 web1 nginx[7]: `; the host may be left out. */
const old = new RegExp(`^${priority}?${time} (?:[^ ]{1,255} )?[^ :[\\]]{1,64}(?:\\[\\d{1,10}\\])?: +`)

/** RFC 5424: `<190>1 2026-11-21T01:10:43Z web1 nginx 7 - - `, with structured data or none. */
const current = new RegExp(
  `^${priority}1 (?:-|${time}) (?:[^ ]{1,255} ){4}(?:-|(?:\\[(?:[^\\]"\\\\]|"(?:[^"\\\\]|\\\\.){0,1000}"){0,1000}\\]){1,20}) +`
)

/** A priority, the name of a month, or a year: most lines begin with an address and need not be looked at further. */
const beginning = /^(?:[<A-Z]|\d{4}-)/

/** The line without it; as it is where it has none. */
export const withoutSyslogPrefix = (line: string): string => {
  if (!beginning.test(line)) return line
  const prefix = current.exec(line) ?? old.exec(line)
  return prefix === null ? line : line.slice(prefix[0].length)
}
