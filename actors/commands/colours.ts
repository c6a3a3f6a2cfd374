/** Colours of a terminal, or none (https://no-color.org). */

type Paint = (text: string) => string

export interface Colours {
  readonly dim: Paint
  readonly bold: Paint
  readonly red: Paint
  readonly cyan: Paint
}

const sgr =
  (code: number): Paint =>
  (text) =>
    text === "" ? "" : `\u001b[${code}m${text}\u001b[0m`

const unchanged: Paint = (text) => text

/** Colouring functions; with `areOn` false they return the text unchanged. */
export const colours = (areOn: boolean): Colours =>
  areOn
    ? { dim: sgr(2), bold: sgr(1), red: sgr(31), cyan: sgr(36) }
    : { dim: unchanged, bold: unchanged, red: unchanged, cyan: unchanged }

/** True on a terminal with colours, unless NO_COLOR is set. */
export const wantsColours = (
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>
): boolean => stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== "dumb"
