/**
 * The rules with shorter durations, for the test that causes each alert on real servers: durations in minutes are divided by
 * `minutesBy` and those in hours and days by `hoursBy`. Nothing else changes: not the expressions, limits or labels. Pure.
 */

export const minutesBy = 30
export const hoursBy = 360

const seconds: Readonly<Record<string, number>> = {
  m: 60 / minutesBy,
  h: 3600 / hoursBy,
  d: 86_400 / hoursBy
}

/** Ranges (`[5m]`) and waiting times (`for: 5m`) in the text of a rule file. */
const duration = /(\[|\bfor: )(\d+)([mhd])\b/g

/** The text with its durations divided. */
export const shortened = (text: string): string =>
  text.replaceAll(
    duration,
    (_, before: string, amount: string, unit: string) =>
      `${before}${Number(amount) * (seconds[unit] ?? Number.NaN)}s`
  )
