/** Removes the prefix that syslog and journald write before a line of a web server's log. */

const priority = "(?:<\\d{1,3}>)"
const time =
  "(?:[A-Z][a-z]{2} [ \\d]\\d (?:\\d{4} )?\\d\\d:\\d\\d:\\d\\d|\\d{4}-\\d\\d-\\d\\dT[\\d:.,]{8,20}(?:Z|[+-]\\d\\d:?\\d\\d))"

/** RFC 3164, also without priority and host as in files: `<190>Nov 21 01:10:43 web1 nginx[7]: `. */
const rfc3164 = new RegExp(`^${priority}?${time} (?:[^ ]{1,255} )?[^ :[\\]]{1,64}(?:\\[\\d{1,10}\\])?: +`)

/** RFC 5424: `<190>1 2026-11-21T01:10:43Z web1 nginx 7 - - `, with or without structured data. */
const rfc5424 = new RegExp(
  `^${priority}1 (?:-|${time}) (?:[^ ]{1,255} ){4}(?:-|(?:\\[(?:[^\\]"\\\\]|"(?:[^"\\\\]|\\\\.){0,1000}"){0,1000}\\]){1,20}) +`
)

/** A priority, the name of a month, or a year. Most lines begin with an address and need no further check. */
const beginning = /^(?:[<A-Z]|\d{4}-)/

/** The line without its prefix; unchanged when it has none. */
export const withoutSyslogPrefix = (line: string): string => {
  if (!beginning.test(line)) return line
  const prefix = rfc5424.exec(line) ?? rfc3164.exec(line)
  return prefix === null ? line : line.slice(prefix[0].length)
}
