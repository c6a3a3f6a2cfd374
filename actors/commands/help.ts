/** Help texts and the documents' tables of actors and settings, generated from the declarations in the code. */
import type { Setting } from "../../contracts/setting.ts"
import { formsSentence } from "../../contracts/setting-readers.ts"
import type { Actor } from "../runtime/actor.ts"
import { messageBus } from "../runtime/dependencies.ts"
import { processSettings } from "../runtime/settings.ts"
import { colours, wantsColours } from "./colours.ts"

/** A line for each actor: its name and its sentence. */
export const actorList = (actors: ReadonlyArray<Actor>): string => {
  const width = Math.max(...actors.map(({ name }) => name.length))
  return actors.map(({ name, summary }) => `${name.padEnd(width)}  ${summary}`).join("\n")
}

/** Every setting of the actor, each once: its own, those of its services, those of any process. */
export const settingsOf = (actor: Actor): ReadonlyArray<Setting<unknown>> => [
  ...new Set([
    ...actor.settings,
    ...actor.requires.flatMap((requirement) => requirement.settings),
    ...messageBus.settings,
    ...processSettings
  ])
]

/** A setting with its default and the form of its value, in one line. */
export const settingLine = ({ name, standard, form }: Setting<unknown>): string =>
  `  ${name}${standard === "" ? "" : `=${standard}`}${form === undefined ? "" : `  (${form})`}`

/** What the actor does and its settings with their defaults, forms and meanings. */
export const actorHelp = (actor: Actor): string => {
  const { concurrency, capacity } = actor.limits
  return [
    `${actor.name}: ${actor.summary}`,
    `  receives     ${actor.receives}`,
    `  sends        ${actor.sends}`,
    `  concurrency  ${concurrency}, and ${capacity - concurrency} more in its mailbox`,
    ...actor.metrics.map(({ id, description = "" }) => `  metric       ${id}  ${description}`),
    "",
    settingsTitle(),
    formsSentence,
    ...settingsOf(actor).map((one) => `${settingLine(one)}\n      ${one.sentence}`)
  ].join("\n")
}

/** The part of a command's help about the settings that it reads, each once. */
export const settingsHelp = (settings: ReadonlyArray<Setting<unknown>>): string =>
  [settingsTitle(), ...Array.from(new Set(settings), settingLine)].join("\n")

const settingsTitle = (): string =>
  `${colours(wantsColours(process.stdout, process.env)).bold("SETTINGS")} (environment variables; each can also come from a file, named in <NAME>_FILE)`

const row = (...cells: ReadonlyArray<string>): string =>
  `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`

/** The documents' table of actors. */
export const actorTable = (actors: ReadonlyArray<Actor>): string =>
  [
    row("actor", "what it does", "receives", "sends"),
    row("---", "---", "---", "---"),
    ...actors.map(({ name, summary, receives, sends }) => row(`\`${name}\``, summary, receives, sends))
  ].join("\n")

/** The documents' table of settings: each once, with the actors that read it. */
export const settingsTable = (actors: ReadonlyArray<Actor>): string => {
  const readers = new Map<Setting<unknown>, Array<string>>()
  for (const actor of actors) {
    for (const setting of settingsOf(actor))
      readers.set(setting, [...(readers.get(setting) ?? []), actor.name])
  }
  return [
    row("setting", "default", "form", "meaning", "read by"),
    row("---", "---", "---", "---", "---"),
    ...Array.from(readers, ([{ name, standard, form, sentence }, names]) =>
      row(
        `\`${name}\``,
        standard === "" ? "" : `\`${standard}\``,
        form ?? "",
        sentence,
        names.length === actors.length ? "all" : names.join(", ")
      )
    )
  ].join("\n")
}
