/** Prints the help, the version and the command-line errors of a command. Lives with the command. */
import { Effect } from "effect"
import { CliOutput, type HelpDoc } from "effect/cli"
import { wantsColours } from "../colours.ts"
import { errorText, missingSubcommandText } from "./error-text.ts"
import { print, printError } from "./print.ts"

/** Completes the help text that `effect/cli` generates. */
export type CompleteHelp = (text: string) => Effect.Effect<string>

/** Help and version go to standard output, errors in one sentence to standard error. */
export const presenterWith = (complete: CompleteHelp): CliOutput.Presenter => ({
  present: (event) => {
    switch (event._tag) {
      case "Version":
        return print(`${event.name} ${event.version}`)
      case "Help":
        return event.reason === "Requested"
          ? Effect.flatMap(complete(helpText(event.helpDoc)), print)
          : printError(`spoor: ${missingSubcommandText(event.helpDoc)}`)
      case "InvalidInvocation":
        return Effect.forEach(
          event.errors.slice(0, 1),
          (error) => printError(`spoor: ${errorText(error, event.helpDoc)}`),
          { discard: true }
        )
    }
  }
})

const helpText = (doc: HelpDoc.HelpDoc): string =>
  CliOutput.defaultFormatter({ colors: wantsColours(process.stdout, process.env) }).formatHelpDoc(
    asShown(doc)
  )

/** Descriptions of several lines are indented; a flag that needs no value is shown without one. */
const asShown = (doc: HelpDoc.HelpDoc): HelpDoc.HelpDoc => ({
  ...doc,
  description: doc.description.replaceAll(/\n(?!\n)/g, "\n  "),
  flags: doc.flags.map(withoutValue),
  inheritedFlags: (doc.inheritedFlags ?? []).map(withoutValue)
})

const withoutValue = (flag: HelpDoc.FlagDoc): HelpDoc.FlagDoc =>
  flag.type === "[=boolean]" ? { ...flag, type: "boolean" } : flag
