/** The texts of notifications by language: those of NOTIFY_TEXTS before the bundled ones. Pure, but for reading files. */
import { Schema } from "effect"
import { Template } from "../../contracts/reactions/rule.ts"
import { bundledFiles, filesOf, type YamlFiles } from "./yaml-files.ts"

/** A text: templates of a title, a message, and a URL to open. */
export const NotificationText = Schema.Struct({
  title: Template,
  message: Template,
  url: Schema.optionalKey(Template)
})
export type NotificationText = typeof NotificationText.Type

const TextFile = Schema.Record(Schema.String, NotificationText)
type TextFiles = YamlFiles<typeof TextFile.Type>

/** The language of devices that have none, and of texts that are missing in another one. */
export const standardLocale = "en"

export interface Texts {
  /** The text in the language: in its region, else in the language, else in English; undefined for an unknown name. */
  readonly find: (name: string, locale: string) => NotificationText | undefined
  /** Every text that was read, with `<locale>.yaml: <name>`. */
  readonly all: ReadonlyArray<readonly [place: string, text: NotificationText]>
}

/** `folder`: that of NOTIFY_TEXTS. Throws `Failure` "misconfigured" for a file that is not one of texts. */
export const readTexts = (folder: string | undefined): Texts => {
  const own: TextFiles = folder === undefined ? new Map() : filesOf("NOTIFY_TEXTS", folder, TextFile)
  const bundled = bundledFiles("texts", TextFile)
  const files = [own, bundled].map(
    (each) => new Map([...each].map(([locale, texts]) => [normal(locale), texts] as const))
  )
  return {
    find: (name, locale) => {
      for (const candidate of candidatesOf(locale)) {
        for (const each of files) {
          const text = each.get(candidate)?.[name]
          if (text !== undefined) return text
        }
      }
      return undefined
    },
    all: [own, bundled].flatMap((each) =>
      [...each].flatMap(([locale, texts]) =>
        Object.entries(texts).map(([name, text]) => [`${locale}.yaml: ${name}`, text] as const)
      )
    )
  }
}

/** `de-Latn-AT` → de-latn-at, de-latn, de, en. */
const candidatesOf = (locale: string): ReadonlyArray<string> => {
  const parts = normal(locale).split("-")
  return [...parts.map((_, i) => parts.slice(0, parts.length - i).join("-")), standardLocale]
}

const normal = (locale: string): string => locale.toLowerCase().replaceAll("_", "-")
