/**
 * The page `/contracts`, made from the AsyncAPI document: subjects, messages with their fields, and types. Plain HTML with
 * a style sheet beside it, so that every actor can serve it and no script runs.
 */
import type { JsonSchema } from "../json-schema.ts"
import { schemaView } from "./fields.ts"
import { type Html, html, nothing, sentence, table } from "./html.ts"

interface Reference {
  readonly $ref: string
}

interface Channel {
  readonly address: string | null
  readonly title: string
  readonly description?: string
  readonly servers: ReadonlyArray<Reference>
  readonly parameters?: Readonly<Record<string, { readonly description?: string }>>
  readonly messages: Readonly<Record<string, Reference>>
}

interface Operation {
  readonly action: "send" | "receive"
  readonly channel: Reference
  readonly summary: string
  readonly tags: ReadonlyArray<{ readonly name: string }>
  readonly bindings?: { readonly nats?: { readonly queue: string } }
  readonly reply?: { readonly messages: ReadonlyArray<Reference> }
}

interface Message {
  readonly title: string
  readonly summary?: string
  readonly contentType: string
  readonly headers?: JsonSchema
  readonly payload: JsonSchema
}

interface Document {
  readonly info: { readonly version: string; readonly description: string }
  readonly channels: Readonly<Record<string, Channel>>
  readonly operations: Readonly<Record<string, Operation>>
  readonly components: {
    readonly messages: Readonly<Record<string, Message>>
    readonly schemas: Readonly<Record<string, JsonSchema>>
  }
}

/** The page; `document` is the AsyncAPI document, `schemas` the names of the schema files. */
export const page = (document: object, schemas: ReadonlyArray<string>): string => {
  const { info, channels, operations, components } = document as Document
  const { messages, schemas: types } = components
  const subjects = Object.entries(channels)
  return `${
    html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Messages · Spoor</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/contracts/page.css">
</head>
<body>
<nav aria-label="Contents">
<h2><a href="#top">Spoor ${info.version}</a></h2>
<h3>Subjects</h3>
<ul>${subjects.map(([key, { address, title }]) => html`<li><a href="#subject-${key}"><code>${address ?? title}</code></a></li>`)}</ul>
<h3>Messages</h3>
<ul>${Object.entries(messages).map(([key, { title }]) => html`<li><a href="#message-${key}">${title}</a></li>`)}</ul>
<h3>Types</h3>
<ul>${Object.keys(types).map((name) => html`<li><a href="#type-${name}">${name}</a></li>`)}</ul>
</nav>
<main id="top">
<h1>Messages</h1>
<p>${info.description}</p>
<p>For programs: <a href="/contracts/asyncapi.json">AsyncAPI 3.0</a>, types for <a href="/contracts/messages.ts">TypeScript</a>, <a href="/contracts/messages.py">Python</a> and <a href="/contracts/messages.go">Go</a>, and a JSON Schema of each message.</p>
<h2>Subjects</h2>
${subjects.map(([key, channel]) => channelView(key, channel, operations))}
<h2>Messages</h2>
${Object.entries(messages).map(([key, message]) => messageView(key, message, schemas))}
<h2>Types</h2>
${Object.entries(types).map(([name, type]) => typeSection(name, type))}
</main>
</body>
</html>`.html
  }\n`
}

const keyOf = ({ $ref }: Reference): string => $ref.slice($ref.lastIndexOf("/") + 1)

const messageLink = (reference: Reference): Html =>
  html`<a href="#message-${keyOf(reference)}">${keyOf(reference)}</a>`

const channelView = (
  key: string,
  { address, title, description, servers, parameters, messages }: Channel,
  operations: Document["operations"]
): Html => {
  const own = Object.values(operations).filter(({ channel }) => keyOf(channel) === key)
  const rows = own.map(({ action, tags, summary, bindings, reply }) => [
    html`${tags.map(({ name }) => name).join(", ")}`,
    html`${action === "send" ? "sends" : "receives"}`,
    bindings?.nats === undefined ? nothing : html`<code>${bindings.nats.queue}</code>`,
    reply === undefined ? nothing : html`${reply.messages.map(messageLink)}`,
    sentence(summary)
  ])
  const named = Object.entries(parameters ?? {}).map(([name, { description: meaning }]) => [
    html`<code>{${name}}</code>`,
    sentence(meaning ?? "")
  ])
  return html`<section id="subject-${key}">
<h3><code>${address ?? title}</code> <span class="quiet">${servers.map(keyOf).join(", ")}</span></h3>
<p>${sentence(address === null ? (description ?? "") : title)}</p>
${address === null || description === undefined ? nothing : html`<p>${sentence(description)}</p>`}
<p>Carries ${Object.values(messages).map(messageLink)}</p>
${table(["placeholder", "meaning"], named)}
${table(["actor", "does", "queue group", "reply", "meaning"], rows)}
</section>`
}

const messageView = (
  key: string,
  { title, summary, contentType, headers, payload }: Message,
  schemas: ReadonlyArray<string>
): Html => {
  const file = `${key.replace(/-(\d+)$/, ".$1")}.json`
  const link = schemas.includes(file) ? html` <a href="/contracts/${file}">JSON Schema</a>` : nothing
  return html`<section id="message-${key}">
<h3>${title} <span class="quiet">${contentType}</span></h3>
<p>${sentence(summary ?? "")}${link}</p>
${headers === undefined ? nothing : html`<h4>Headers</h4>${schemaView(headers)}<h4>Body</h4>`}
${schemaView(payload)}
</section>`
}

const typeSection = (name: string, type: JsonSchema): Html =>
  html`<section id="type-${name}">
<h3>${name}</h3>
<p>${sentence(type.description ?? "")}</p>
${schemaView(type)}
</section>`
