/** The error of a command line as one sentence, with the invalid word and the valid choices. Pure. */
import type { CliError, HelpDoc } from "effect/cli"
import { shortened } from "../../inspect/plain-text.ts"
import { inertText } from "../../runtime/escape-controls.ts"

/** The sentence for an error; `doc` is the help of the command. */
export const errorText = (error: CliError.NonShowHelpErrors, doc: HelpDoc.HelpDoc): string =>
  inertText(sentence(error, doc))

const sentence = (error: CliError.NonShowHelpErrors, doc: HelpDoc.HelpDoc): string => {
  switch (error._tag) {
    case "UnrecognizedOption": {
      const path = error.command?.join(" ") ?? nameOf(doc)
      return `${path} has no flag ${error.option}; ${choices(error.suggestions, flagsOf(doc))}`
    }
    case "UnknownSubcommand": {
      const path = error.parent?.join(" ") ?? nameOf(doc)
      return `${path} has no subcommand "${error.subcommand}"; ${choices(error.suggestions, subcommandsOf(doc))}`
    }
    case "MissingArgument": {
      const form = doc.args?.find(({ name }) => name === error.argument)?.type ?? "string"
      return `${nameOf(doc)} needs <${error.argument}>${form === "string" ? "" : `: ${form}`}`
    }
    case "UnexpectedArgument": {
      const [first = ""] = error.arguments
      return `"${first}" is one argument too many; write ${doc.usage}`
    }
    case "InvalidValue": {
      const name = error.kind === "flag" ? `--${error.option}` : `<${error.option}>`
      if (error.value === "") return `${name} needs a value: ${error.expected}`
      return `${name} cannot be "${shortened(error.value, 100)}"; write ${error.expected}`
    }
    default:
      return error.message
  }
}

/** The sentence for a command that was called without one of its subcommands. */
export const missingSubcommandText = (doc: HelpDoc.HelpDoc): string =>
  `${nameOf(doc)} needs a subcommand: ${subcommandsOf(doc).join(", ")}`

const nameOf = ({ commandPath = [] }: HelpDoc.HelpDoc): string => commandPath.join(" ")

const choices = (suggestions: ReadonlyArray<string>, all: ReadonlyArray<string>): string =>
  suggestions.length > 0 ? `did you mean ${suggestions.join(" or ")}?` : `it has ${all.join(", ")}`

const flagsOf = ({ flags, inheritedFlags = [], globalFlags = [] }: HelpDoc.HelpDoc): ReadonlyArray<string> =>
  [...flags, ...inheritedFlags, ...globalFlags].map(({ name }) => `--${name}`)

const subcommandsOf = ({ subcommands = [] }: HelpDoc.HelpDoc): ReadonlyArray<string> =>
  subcommands.flatMap(({ commands }) => commands.map(({ name }) => name))
